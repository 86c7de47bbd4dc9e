//! Which column is what: guessed from its name in a few languages, and told by `--map`.

use crate::lead::Name;

use super::cells;
use super::table::Table;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    Phone,
    Name,
    FirstName,
    LastName,
    Email,
    Locale,
    TimeZone,
    Tags,
    ConsentWording,
    ConsentSource,
    ConsentAt,
    ConsentKind,
    ConsentIp,
    ConsentUrl,
    /// Yes or no: whether they agreed.
    Agreed,
    /// Yes or no: whether they opted out.
    OptedOut,
    /// A field of the lead.
    Field(Name),
    Ignored,
}

/// A column, the word for it in `--map`, and headers that mean it, the likeliest first. Compared
/// without case, blanks and punctuation.
const KNOWN: &[(Column, &str, &[&str])] = &[
    (
        Column::Phone,
        "phone",
        &[
            "mobile",
            "mobilephone",
            "mobilenumber",
            "mobileno",
            "cell",
            "cellphone",
            "cellnumber",
            "handy",
            "handynummer",
            "mobil",
            "mobilnummer",
            "movil",
            "móvil",
            "celular",
            "portable",
            "gsm",
            "phone",
            "phonenumber",
            "phoneno",
            "phone1",
            "primaryphone",
            "telephone",
            "tel",
            "telefon",
            "telefonnummer",
            "telefono",
            "teléfono",
            "telefone",
            "téléphone",
            "msisdn",
            "whatsapp",
            "sms",
            "smsnumber",
            "contactnumber",
            "number",
            "numero",
            "número",
            "nummer",
        ],
    ),
    (
        Column::Name,
        "name",
        &[
            "name",
            "fullname",
            "contact",
            "contactname",
            "leadname",
            "customer",
            "customername",
            "nombre",
            "nombrecompleto",
            "nom",
            "nome",
        ],
    ),
    (
        Column::FirstName,
        "first_name",
        &[
            "firstname",
            "first",
            "givenname",
            "forename",
            "vorname",
            "prénom",
            "prenom",
        ],
    ),
    (
        Column::LastName,
        "last_name",
        &[
            "lastname",
            "last",
            "surname",
            "familyname",
            "nachname",
            "apellido",
            "apellidos",
            "sobrenome",
        ],
    ),
    (
        Column::Email,
        "email",
        &[
            "email",
            "emailaddress",
            "mail",
            "eaddress",
            "correo",
            "correoelectrónico",
            "courriel",
        ],
    ),
    (
        Column::Locale,
        "locale",
        &[
            "locale",
            "language",
            "lang",
            "preferredlanguage",
            "idioma",
            "sprache",
            "langue",
        ],
    ),
    (
        Column::TimeZone,
        "time_zone",
        &["timezone", "tz", "zone", "zonahoraria", "zeitzone"],
    ),
    (
        Column::Tags,
        "tags",
        &["tags", "tag", "labels", "label", "etiquetas"],
    ),
    (
        Column::ConsentWording,
        "consent_wording",
        &[
            "consentwording",
            "consenttext",
            "consentlanguage",
            "optintext",
            "optinwording",
            "disclosure",
            "consentstatement",
        ],
    ),
    (
        Column::ConsentSource,
        "consent_source",
        &[
            "consentsource",
            "optinsource",
            "consentpage",
            "consentform",
            "leadsource",
        ],
    ),
    (
        Column::ConsentAt,
        "consent_at",
        &[
            "consentat",
            "consentdate",
            "consenttime",
            "consenttimestamp",
            "optindate",
            "optintime",
            "optinat",
            "consentedat",
            "optedinat",
            "subscribedat",
        ],
    ),
    (
        Column::ConsentKind,
        "consent_kind",
        &["consentkind", "consenttype", "consentlevel"],
    ),
    (
        Column::ConsentIp,
        "consent_ip",
        &["consentip", "optinip", "ip", "ipaddress"],
    ),
    (
        Column::ConsentUrl,
        "consent_url",
        &["consenturl", "optinurl", "formurl"],
    ),
    (
        Column::Agreed,
        "agreed",
        &[
            "consent",
            "consented",
            "smsconsent",
            "optin",
            "smsoptin",
            "optedin",
            "agreed",
            "agreedtosms",
            "textconsent",
            "subscribed",
            "permission",
            "einwilligung",
            "consentimiento",
        ],
    ),
    (
        Column::OptedOut,
        "opted_out",
        &[
            "optout",
            "optedout",
            "smsoptout",
            "unsubscribed",
            "donottext",
            "donotcontact",
            "dnc",
            "stop",
            "stopped",
            "suppressed",
            "smsoptedout",
        ],
    ),
];

/// Rows that are looked at to see whether a column holds numbers.
const LOOK_AT_ROWS: usize = 100;
const FIELD_NAME_LEN_MAX: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    #[error("`{0}` is not of the form what=column, such as phone=Mobile")]
    Form(String),
    #[error("there is no column `{column}`; there are {there}")]
    NoColumn { column: String, there: String },
    #[error("no column holds phone numbers; name it with --map phone=COLUMN. There are {0}")]
    NoPhone(String),
    #[error("`{0}` is told of two columns; only a field may be")]
    Twice(String),
}

/// Each column of a table, by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping(Vec<Column>);

impl Column {
    /// The word for it in `--map`.
    pub fn word(&self) -> &str {
        match self {
            Column::Field(name) => name,
            Column::Ignored => "-",
            known => KNOWN
                .iter()
                .find(|(column, ..)| column == known)
                .map_or("-", |(_, word, _)| word),
        }
    }

    fn of_word(word: &str) -> Column {
        let known = KNOWN.iter().find(|(_, known, _)| *known == word);
        match (known, word) {
            (Some((column, ..)), _) => column.clone(),
            (None, "-" | "ignore" | "") => Column::Ignored,
            (None, field) => Column::Field(field_name(field)),
        }
    }

    /// The words there are, without those of fields.
    pub fn words() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|(_, word, _)| *word)
    }
}

impl Mapping {
    /// Guesses each column, then does as told: `what=column`, a column by its name or its number.
    pub fn of(table: &Table, told: &[String], region: &str) -> Result<Self, MapError> {
        let mut columns = guess(table, region);
        for told in told {
            let (word, named) = told
                .split_once('=')
                .ok_or_else(|| MapError::Form(told.clone()))?;
            let at = place(table, named)?;
            let column = Column::of_word(word.trim());
            // Who says where the number is means that it is not where it was guessed.
            if !matches!(column, Column::Field(_) | Column::Ignored) {
                for (other, guessed) in columns.iter_mut().enumerate() {
                    if other != at && *guessed == column {
                        *guessed = Column::Field(field_name(&table.header[other]));
                    }
                }
            }
            columns[at] = column;
        }
        Self::checked(table, columns)
    }

    /// As chosen on a page: a word for each column.
    pub fn chosen(table: &Table, words: &[String]) -> Result<Self, MapError> {
        let columns = (0..table.header.len()).map(|at| match words.get(at) {
            Some(word) => Column::of_word(word.trim()),
            None => Column::Ignored,
        });
        let columns: Vec<Column> = columns.collect();
        for column in columns
            .iter()
            .filter(|column| !matches!(column, Column::Field(_) | Column::Ignored))
        {
            if columns.iter().filter(|other| *other == column).count() > 1 {
                return Err(MapError::Twice(column.word().to_string()));
            }
        }
        Self::checked(table, columns)
    }

    fn checked(table: &Table, columns: Vec<Column>) -> Result<Self, MapError> {
        match columns.contains(&Column::Phone) {
            true => Ok(Mapping(columns)),
            false => Err(MapError::NoPhone(names(table))),
        }
    }

    pub fn columns(&self) -> &[Column] {
        &self.0
    }

    /// The name of the column that holds this, as the file says it.
    pub fn place_of(&self, column: &Column) -> Option<usize> {
        self.0.iter().position(|it| it == column)
    }
}

/// What each column most likely is, at most one of a kind.
pub fn guess(table: &Table, region: &str) -> Vec<Column> {
    let plain: Vec<String> = table.header.iter().map(|name| plain(name)).collect();
    let phone = phone_column(table, &plain, region);
    let mut columns: Vec<Column> = table
        .header
        .iter()
        .map(|name| Column::Field(field_name(name)))
        .collect();
    for (column, _, headers) in KNOWN.iter().filter(|(column, ..)| *column != Column::Phone) {
        let places = headers.iter().find_map(|header| {
            (0..plain.len()).find(|at| plain[*at] == *header && Some(*at) != phone)
        });
        if let Some(at) = places.filter(|at| matches!(columns[*at], Column::Field(_))) {
            columns[at] = column.clone();
        }
    }
    if let Some(at) = phone {
        columns[at] = Column::Phone;
    }
    columns
}

/// The column whose name says so and whose cells are numbers; else the first whose cells are.
fn phone_column(table: &Table, plain: &[String], region: &str) -> Option<usize> {
    let mut filled = vec![0u32; plain.len()];
    let mut numbers = vec![0u32; plain.len()];
    for (_, cells) in table.data().take(LOOK_AT_ROWS) {
        for (at, cell) in cells.iter().enumerate().take(plain.len()) {
            filled[at] += u32::from(!cell.trim().is_empty());
            numbers[at] += u32::from(cells::phone(cell, region).is_ok());
        }
    }
    let are_numbers = |at: &usize| numbers[*at] * 2 > filled[*at] && filled[*at] > 0;
    let (_, _, headers) = KNOWN.iter().find(|(column, ..)| *column == Column::Phone)?;
    let exact = || {
        let named = headers.iter();
        named.flat_map(|header| (0..plain.len()).filter(move |at| plain[*at] == **header))
    };
    let speaks = |at: &usize| {
        let marks = ["mobile", "cell", "phone", "telefon", "handy"];
        marks.iter().any(|mark| plain[*at].contains(mark))
    };
    exact()
        .find(are_numbers)
        .or_else(|| (0..plain.len()).find(|at| speaks(at) && are_numbers(at)))
        .or_else(|| exact().next())
        .or_else(|| {
            (0..plain.len())
                .filter(are_numbers)
                .max_by_key(|at| numbers[*at])
        })
}

fn place(table: &Table, named: &str) -> Result<usize, MapError> {
    let named = named.trim();
    let by_name = || {
        let same = |name: &String| name.eq_ignore_ascii_case(named) || plain(name) == plain(named);
        table.header.iter().position(same)
    };
    let by_number = || {
        let number = named.parse::<usize>().ok()?;
        (1..=table.header.len())
            .contains(&number)
            .then(|| number - 1)
    };
    by_name()
        .or_else(by_number)
        .ok_or_else(|| MapError::NoColumn {
            column: named.to_string(),
            there: names(table),
        })
}

fn names(table: &Table) -> String {
    table.header.join(", ")
}

/// A header without case, blanks and punctuation.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// A header as the name of a field: `Model Year` → `model_year`.
pub fn field_name(header: &str) -> Name {
    let mut name = String::new();
    for c in header.trim().chars().flat_map(char::to_lowercase) {
        match c.is_alphanumeric() {
            true => name.push(c),
            false if !name.is_empty() && !name.ends_with('_') => name.push('_'),
            false => {}
        }
        if name.len() >= FIELD_NAME_LEN_MAX {
            break;
        }
    }
    let name = name.trim_end_matches('_');
    Name::from(match name {
        "" => "field",
        // The lead's own number has this name.
        "phone" => "other_phone",
        name => name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, told: &[&str]) -> Result<Vec<String>, MapError> {
        let table = Table::read(text.as_bytes(), "US").unwrap();
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        let mapping = Mapping::of(&table, &told, "US")?;
        Ok(mapping
            .columns()
            .iter()
            .map(|c| c.word().to_string())
            .collect())
    }

    #[test]
    fn columns_are_known_by_their_names_and_what_is_in_them() {
        for (text, want) in [
            (
                "Phone,Name,Email\n3125550100,A,a@x.io\n",
                "phone name email",
            ),
            (
                "First Name;Last Name;Mobile\nA;B;3125550100\n",
                "first_name last_name phone",
            ),
            // A landline beside the mobile is a field.
            ("Phone,Mobile\n3125550100,3125550101\n", "other_phone phone"),
            (
                "Name,Home Phone,Cell\nA,3125550100,3125550101\n",
                "name home_phone phone",
            ),
            (
                "Nombre,Teléfono,Idioma\nA,3125550100,es\n",
                "name phone locale",
            ),
            (
                "Vorname,Handy,PLZ\nA,3125550100,60601\n",
                "first_name phone plz",
            ),
            ("a,b\nx,(312) 555-0100\n", "a phone"),
            ("+13125550100,Ada\n", "phone column_2"),
            ("Phone,Number\n3125550100,7\n", "phone number"),
            (
                "phone,Consent Date,Opt-in text,Opt Out\n3125550100,x,y,no\n",
                "phone consent_at consent_wording opted_out",
            ),
            (
                "phone,Model Year (new)\n3125550100,2026\n",
                "phone model_year_new",
            ),
        ] {
            let want: Vec<&str> = want.split(' ').collect();
            assert_eq!(words(text, &[]).unwrap(), want, "{text:?}");
        }
    }

    #[test]
    fn what_is_told_outranks_the_guess() {
        let text = "Mobile,Work,Who\n3125550100,3125550101,Ada\n";
        let got = words(text, &["phone=work", "name=Who", "-=Mobile"]).unwrap();
        assert_eq!(got, ["-", "phone", "name"]);
        assert_eq!(
            words(text, &["phone=2"]).unwrap(),
            ["mobile", "phone", "who"]
        );
        assert_eq!(words(text, &["city=Who"]).unwrap()[2], "city");
        assert!(matches!(
            words(text, &["phone=Fax"]),
            Err(MapError::NoColumn { .. })
        ));
        assert!(matches!(words(text, &["phone"]), Err(MapError::Form(_))));
        let none = words("a,b\nx,y\n", &[]);
        assert_eq!(none, Err(MapError::NoPhone("a, b".to_string())));
    }
}

"""Webhooks signed by the carriers' own Python libraries, for tests/it/sdk.rs.

Prints a JSON list of cases: { name, carrier, settings, raw, at, valid, text? }. `raw` is the request as it
comes over the wire, for the host hooks.example. Each good case is followed by tampered ones.
Where a library has a check of its own, it judges our case first, so that a mistake here shows here.
"""

import base64
import hashlib
import json
from urllib.parse import urlencode

import jwt
import nacl.signing
import plivo.utils
import telnyx.lib.webhook_verification as telnyx_check
import vonage_http_client.auth
import vonage_jwt
from plivo.utils import signature_v3
from twilio.request_validator import RequestValidator

import time

NOW = int(time.time())
HOST = "https://hooks.example"
FORM = "application/x-www-form-urlencoded"
CASES = []


def raw(path, headers, body, method="POST"):
    body = body if isinstance(body, bytes) else body.encode()
    head = [f"{method} {path} HTTP/1.1", "Host: 10.0.0.7:8080"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    head += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head) + body.decode()


def case(name, carrier, settings, path, headers, body, valid=True, text=None, method="POST"):
    CASES.append(
        {
            "name": f"{carrier}: {name}",
            "carrier": carrier,
            "settings": settings,
            "raw": raw(path, headers, body, method),
            "at": str(NOW),
            "valid": valid,
            "text": text,
        }
    )


def twilio():
    token = "12345678901234567890123456789012"
    settings = {"secret": token}
    path = "/hooks/main/inbound"
    texts = ["Yes, call me at 5pm", "Sí 👍🏽 & = + % 'x'", "", "line\r\nbreak", "你好"]
    for text in texts:
        params = {
            "MessageSid": "SM" + "0a" * 16,
            "AccountSid": "AC" + "1b" * 16,
            "From": "+14135550122",
            "To": "+12025550111",
            "Body": text,
            "NumMedia": "0",
            "ToCity": "",
            "SomethingNew": "x",
        }
        signature = RequestValidator(token).compute_signature(HOST + path, params)
        headers = {"Content-Type": FORM, "X-Twilio-Signature": signature}
        good = urlencode(params)
        case(f"a reply {text!r}", "twilio", settings, path, headers, good, text=text)
        bad = urlencode({**params, "From": "+14135550123"})
        case("another sender", "twilio", settings, path, headers, bad, False)
        bad = urlencode({**params, "Injected": "1"})
        case("a field more", "twilio", settings, path, headers, bad, False)
        case("another address", "twilio", settings, path + "?x=1", headers, good, False)
        case("another token", "twilio", {"secret": token[::-1]}, path, headers, good, False)
        case("the older token of two", "twilio", {"secrets": ["new", token]}, path, headers, good)
    sha256 = RequestValidator(token).compute_signature(HOST + path, params, "HMAC_SHA256")
    headers = {
        "Content-Type": FORM,
        "X-Twilio-Signature": sha256,
        "X-Twilio-Webhooks-Signature-Settings": "key=k1,algorithm=HMAC_SHA256",
    }
    case("signed by a shared key, SHA-256", "twilio", settings, path, headers, good)
    del headers["X-Twilio-Webhooks-Signature-Settings"]
    case("SHA-256 without saying so", "twilio", settings, path, headers, good, False)
    status = {"MessageSid": "SM" + "0a" * 16, "MessageStatus": "delivered", "To": "+14135550122"}
    path = "/hooks/main/status?effect=rt-14135550122-7"
    signature = RequestValidator(token).compute_signature(HOST + path, status)
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signature}
    case("a receipt", "twilio", settings, path, headers, urlencode(status))
    stolen = path.replace("-7", "-8")
    case("a receipt for another text", "twilio", settings, stolen, headers, urlencode(status), False)


def telnyx():
    key = nacl.signing.SigningKey(b"replytree's test key, 32 bytes!!")
    public = base64.b64encode(bytes(key.verify_key)).decode()
    settings = {"public_key": public}
    path = "/hooks/main/inbound"

    def signed(body, at):
        signature = key.sign(f"{at}|".encode() + body).signature
        return {
            "Content-Type": "application/json",
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
            "telnyx-timestamp": str(at),
        }

    for text in ["Hello", "Sí 👍🏽", "<b>&amp;"]:
        payload = {
            "id": "m-1",
            "from": {"phone_number": "+14135550122"},
            "to": [{"phone_number": "+12025550111"}],
            "text": text,
        }
        event = {"data": {"event_type": "message.received", "id": "e-1", "payload": payload}}
        body = json.dumps(event, ensure_ascii=False, indent=1).encode()
        headers = signed(body, NOW)
        telnyx_check.verify_webhook_signature(body.decode(), headers, public)
        case(f"a reply {text!r}", "telnyx", settings, path, headers, body, text=text)
        bad = body.replace(b"4135550122", b"4135550123")
        case("another sender", "telnyx", settings, path, headers, bad, False)
        bad = json.dumps(event).encode()
        case("the same JSON written anew", "telnyx", settings, path, headers, bad, False)
        case("ten minutes old", "telnyx", settings, path, signed(body, NOW - 600), body, False)
        later = {**headers, "telnyx-timestamp": str(NOW + 1)}
        case("another time", "telnyx", settings, path, later, body, False)


def vonage():
    secret = "a-signature-secret-of-thirty-two"
    path = "/hooks/main/inbound"
    for method in ["md5", "sha1", "sha256", "sha512"]:
        settings = {"secret": secret, "signature": method, "api_key": "abcd1234"}
        auth = vonage_http_client.auth.Auth(
            api_key="abcd1234", signature_secret=secret, signature_method=method
        )
        for text in ["Hello world", "Sí & = 👍🏽"]:
            params = {
                "api-key": "abcd1234",
                "msisdn": "14135550122",
                "to": "12025550111",
                "messageId": "0B00000127FDBC63",
                "text": text,
                "type": "text",
                "message-timestamp": "2026-01-23 18:10:02",
                "timestamp": str(NOW),
                "nonce": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
            }
            params["sig"] = auth.sign_params(dict(params))
            assert auth.check_signature(dict(params))
            form, body = {"Content-Type": FORM}, urlencode(params)
            case(f"{method} {text!r} as a form", "vonage", settings, path, form, body, text=text)
            bad = urlencode({**params, "msisdn": "14135550123"})
            case("another sender", "vonage", settings, path, form, bad, False)
            bad = urlencode({**params, "extra": "1"})
            case("a field more", "vonage", settings, path, form, bad, False)
            query = f"{path}?{body}"
            case(f"{method} as a GET", "vonage", settings, query, {}, "", text=text, method="GET")
            as_json = {"Content-Type": "application/json"}
            body = json.dumps(params, ensure_ascii=False)
            case(f"{method} as JSON", "vonage", settings, path, as_json, body, text=text)
    message = {
        "channel": "sms",
        "message_uuid": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
        "to": "12025550111",
        "from": "14135550122",
        "text": "Sí 👍🏽",
        "timestamp": "2026-01-23T18:10:02Z",
    }
    settings = {"secret": secret, "api_key": "abcd1234"}
    body = json.dumps(message, ensure_ascii=False, indent=2)

    def token(**changed):
        claims = {
            "iat": NOW,
            "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5",
            "iss": "Vonage",
            "payload_hash": hashlib.sha256(body.encode()).hexdigest(),
            "api_key": "abcd1234",
            **changed,
        }
        made = jwt.encode(claims, secret, algorithm="HS256")
        assert vonage_jwt.verify_signature(made, secret)
        return {"Content-Type": "application/json", "Authorization": f"Bearer {made}"}

    case("a message", "vonage", settings, path, token(), body, text=message["text"])
    bad = body.replace("14135550122", "14135550123")
    case("another sender", "vonage", settings, path, token(), bad, False)
    case("an hour old", "vonage", settings, path, token(iat=NOW - 3600), body, False)
    case("another account", "vonage", settings, path, token(api_key="other"), body, False)
    case("another secret", "vonage", {**settings, "secret": "x" * 32}, path, token(), body, False)


def plivo_cases():
    token = "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4"
    settings = {"secret": token}
    nonce = "05429567804466091622"
    path = "/hooks/main/inbound"
    params = {
        "From": "14135550122",
        "To": "12025550111",
        "Text": "Sí, gracias 👍🏽",
        "Type": "sms",
        "MessageUUID": "abc1234e-0000-11ee-8b3a-0242ac110004",
        "MessageIntent": "",
    }
    body = urlencode(params)

    def third(path, params):
        url = signature_v3.construct_post_url(HOST + path, dict(params)).decode()
        made = signature_v3.get_signature_v3(token.encode(), url, nonce.encode()).decode()
        assert signature_v3.validate_v3_signature("POST", HOST + path, nonce, token, made, dict(params))
        return {
            "Content-Type": FORM,
            "X-Plivo-Signature-V3": f"AAAA{made[4:]},{made}",
            "X-Plivo-Signature-V3-Nonce": nonce,
        }

    for path in ["/hooks/main/inbound", "/hooks/main/inbound?b=2&a=1"]:
        headers = third(path, params)
        case("version 3", "plivo", settings, path, headers, body, text=params["Text"])
        bad = urlencode({**params, "From": "14135550123"})
        case("version 3, another sender", "plivo", settings, path, headers, bad, False)
        case("version 3, another query", "plivo", settings, path + "?c=3", headers, body, False)
    path = "/hooks/main/inbound"
    made = base64.b64encode(
        plivo.utils.hnew(token.encode(), (HOST + path + nonce).encode(), hashlib.sha256).digest()
    ).decode()
    assert plivo.utils.validate_signature(HOST + path, nonce, made, token)
    headers = {
        "Content-Type": FORM,
        "X-Plivo-Signature-V2": made,
        "X-Plivo-Signature-V2-Nonce": nonce,
    }
    case("version 2", "plivo", settings, path, headers, body, text=params["Text"])
    case("version 2, another address", "plivo", settings, "/hooks/b/inbound", headers, body, False)
    bad = {**headers, "X-Plivo-Signature-V2-Nonce": "1"}
    case("version 2, another nonce", "plivo", settings, path, bad, body, False)
    only = {**settings, "signature": "v3"}
    case("version 2 where 3 is agreed", "plivo", only, path, headers, body, False)


twilio()
telnyx()
vonage()
plivo_cases()
print(json.dumps(CASES))

"""SOAP 1.1 and 1.2: the envelope around an operator's XML, and the headers that name the action."""

import re

from leadyard.delivery.templates import compile_template
from leadyard.delivery.transports.http.bodies import xml_template
from leadyard.delivery.transports.http.placing import Placed

_NAMESPACES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
_ENVELOPE = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:[\w.-]+:)?Envelope[\s>/]", re.DOTALL)


def soap_template(text: str, version: str) -> Placed:
    """Place a SOAP body: a whole envelope as it is, anything else inside one; TemplateError for what is not XML."""
    template = compile_template(text)
    if _ENVELOPE.match(text):
        return xml_template(template)
    opening = f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{_NAMESPACES[version]}"><soap:Body>'
    return xml_template(compile_template(f"{opening}{text}</soap:Body></soap:Envelope>"))


def soap_headers(version: str, action: str) -> dict[str, str]:
    """Give the headers of a SOAP request: SOAPAction in 1.1, a part of the content type in 1.2."""
    if version == "1.1":
        return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
    suffix = f'; action="{action}"' if action else ""
    return {"Content-Type": f"application/soap+xml; charset=utf-8{suffix}"}

"""Holds one document against the official rules of its format.

    validate.py cyclonedx|spdx|html FILE

The rules are those that the validators of `.ci/validators.txt` bring with them.
Says what is wrong and ends with 1 when anything is.
"""

import sys


def cyclonedx(text):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(text, all_errors=True) or ()


def spdx(text):
    import json
    from importlib.resources import files

    from jsonschema.validators import validator_for
    from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    schema = json.loads((files("lib4sbom") / "schemas/spdx/2.3-schema.json").read_text("utf-8"))
    document = json.loads(text)
    errors = list(validator_for(schema)(schema).iter_errors(document))
    if errors:
        # The reader cannot read it.
        return errors
    document = JsonLikeDictParser().parse(document)
    return (wrong.validation_message for wrong in validate_full_spdx_document(document, "SPDX-2.3"))


def html(text):
    from html5lib import HTMLParser
    from html5lib.constants import E

    parser = HTMLParser()
    parser.parse(text)
    return (f"{place}: {E[code] % facts}" for place, code, facts in parser.errors)


def stay_offline(event, _arguments):
    # What is judged by a schema of the network is judged otherwise tomorrow.
    if event.startswith("socket."):
        sys.exit(f"a validator wants the network: {event}")


def main(rules, file):
    sys.addaudithook(stay_offline)
    with open(file, encoding="utf-8") as document:
        errors = list(rules(document.read()))
    for error in errors[:20]:
        print(error, file=sys.stderr)
    return bool(errors)


if __name__ == "__main__":
    sys.exit(main({"cyclonedx": cyclonedx, "spdx": spdx, "html": html}[sys.argv[1]], sys.argv[2]))

"""What a stepper's page is made from: it is packed inside its script."""

import base64
import json
import re
import zlib


def data_of_page(page):
    """The data of a page of one stepper."""
    [packed] = re.findall(r"autogradStepper\(root, autogradParts\.unpacked\('(.*)'\)", page)
    return json.loads(zlib.decompress(base64.b64decode(packed)))

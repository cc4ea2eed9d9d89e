"""Reports as files for other programs: JSON, JUnit's XML, and Gradescope's results."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from .report import EngineReport


def as_json(reports: Sequence[EngineReport]) -> str:
    """One report as a JSON object, several as a list of them."""
    if len(reports) == 1:
        return reports[0].json()
    data = [report.data() for report in reports]
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def junit(reports: Sequence[EngineReport]) -> str:
    """The reports as JUnit's XML, which CI systems show."""
    root = ET.Element("testsuites")
    for report in reports:
        failed = [v for v in report.required if not report.accepts(v)]
        suite = ET.SubElement(root, "testsuite", name=report.engine)
        suite.attrib |= {"tests": str(len(report.required)), "failures": str(len(failed))}
        for v in report.required:
            case = ET.SubElement(suite, "testcase", classname=report.engine, name=v.id)
            if v in failed:
                found = ET.SubElement(case, "failure", message=v.text)
                found.text = "\n".join(report.told(v))
            elif v.status != "passes":
                ET.SubElement(case, "skipped", message=v.text)
    ET.indent(root)
    text: bytes = ET.tostring(root, "utf-8", xml_declaration=True)
    return text.decode() + "\n"


def gradescope(reports: Sequence[EngineReport]) -> str:
    """The report of one engine as Gradescope's results.json: a point for each requirement."""
    (report,) = reports
    tests = [
        {
            "name": f"{v.id}: {v.requirement.sentence}",
            "score": int(report.accepts(v)),
            "max_score": 1,
            "status": "passed" if report.accepts(v) else "failed",
            "output": "\n".join(report.told(v)) or v.text,
        }
        for v in report.required
    ]
    return json.dumps({"tests": tests, "output": report.text()}, indent=2) + "\n"

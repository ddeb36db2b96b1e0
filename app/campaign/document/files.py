"""Documents in YAML 1.2, one a file: plain values only, and the line and column of each, for messages.

Aliases, anchors and tags are refused: they make a short file long, or something else than it says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

BYTES_MAX = 1_000_000
DEPTH_MAX = 30
SUFFIXES = (".yaml", ".yml")
_TAG = "tag:yaml.org,2002:"
Place = tuple[int, int]  # line and column, from 1


class BadFile(Exception):
    """A file that cannot be read; the message says where, and why."""

    def __init__(self, path: Path, place: Place | None, said: str) -> None:
        where = f"{path}:{place[0]}:{place[1]}" if place else str(path)
        super().__init__(f"{where}: {said}")

    @classmethod
    def several(cls, said: Sequence[str]) -> "BadFile":
        """Of more than one file."""
        found = cls.__new__(cls)
        Exception.__init__(found, "\n".join(said))
        return found


@dataclass(frozen=True)
class DocumentFile:
    """A file and its document; `places` says where in the file each part of the document stands, by JSON Pointer."""

    path: Path
    document: dict[str, Any]
    places: Mapping[str, Place]

    def where(self, pointer: str) -> str:
        """The file, the line and the column of a part of the document, or of what it would be in."""
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        line, column = self.places.get(pointer, (1, 1))
        return f"{self.path}:{line}:{column}"


def read_folder(folder: Path) -> list[DocumentFile]:
    """The documents of a folder, by their files' names. Raises BadFile, which tells of each that cannot be read, or has another's key."""
    files: list[DocumentFile] = []
    wrong: list[str] = []
    known: dict[Any, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in SUFFIXES or not path.is_file():
            continue
        try:
            file = read(path)
            key = file.document.get("key")
            if isinstance(key, str) and key in known:
                raise BadFile(path, file.places.get("/key"), f"the key {key} is that of {known[key]}, too")
        except BadFile as e:
            wrong.append(str(e))
            continue
        known[key] = path
        files.append(file)
    if wrong:
        raise BadFile.several(wrong)
    return files


def passed_over(folder: Path) -> list[Path]:
    """What is in a folder and is read by nobody: other folders, and files that are called otherwise."""
    return [path for path in sorted(folder.iterdir()) if path.suffix not in SUFFIXES or not path.is_file()]


def read(path: Path) -> DocumentFile:
    """Raises BadFile."""
    try:
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as e:
        raise BadFile(path, None, e.strerror or str(e)) from e
    if len(content) > BYTES_MAX:
        raise BadFile(path, None, f"a file has at most {BYTES_MAX:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise BadFile(path, None, "the file is not text in UTF-8") from e
    if "\0" in text:
        raise BadFile(path, None, "text must not hold the NUL character")
    try:
        _require_plain(path, text)
        node = YAML(typ="safe", pure=True).compose(StringIO(text))
    except MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else None
        raise BadFile(path, place, str(e.problem or e.context or "this is no YAML")) from e
    except YAMLError as e:
        raise BadFile(path, None, f"this is no YAML: {str(e).splitlines()[0]}") from e
    places: dict[str, Place] = {}
    document = _value(path, node, "", places) if node is not None else None
    if not isinstance(document, dict):
        raise BadFile(path, (1, 1), "a document is a mapping of names to values")
    return DocumentFile(path, document, places)


def written(document: Mapping[str, Any]) -> str:
    """The text of a file with this document."""
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(_readable(document), out)
    return out.getvalue()


def _readable(value: Any) -> Any:
    """The same, with the lines of long texts below each other, and quotes around what is no plain text."""
    if isinstance(value, Mapping):
        return {_readable(name): _readable(below) for name, below in value.items()}
    if isinstance(value, list):
        return [_readable(below) for below in value]
    if not isinstance(value, str):
        return value
    if not all(line.isprintable() for line in value.split("\n")):
        return DoubleQuotedScalarString(value)
    return LiteralScalarString(value) if "\n" in value and value == value.strip() else value


def _require_plain(path: Path, text: str) -> None:
    """Raises BadFile for aliases, anchors, tags, more than one document, and what is nested too deeply."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(StringIO(text)):
        place = (event.start_mark.line + 1, event.start_mark.column + 1) if event.start_mark else None
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            raise BadFile(path, place, "anchors and aliases are not read: write the value out")
        if getattr(event, "version", None) is not None:
            raise BadFile(path, place, "files are YAML 1.2: leave the directive out")
        if getattr(event, "tag", None) is not None:
            raise BadFile(path, place, "tags are not read: write the value alone")
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEPTH_MAX:
            raise BadFile(path, place, "this is nested too deeply")


def _value(path: Path, node: Node, pointer: str, places: dict[str, Place]) -> Any:
    places.setdefault(pointer, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, MappingNode):
        found: dict[str, Any] = {}
        for key_node, below in node.value:
            place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, ScalarNode):
                raise BadFile(path, place, "a name is text")
            name = _text(path, key_node)
            if name in found:
                raise BadFile(path, place, f"{name} stands twice here")
            here = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            places[here] = place
            found[name] = _value(path, below, here, places)
        return found
    if isinstance(node, SequenceNode):
        return [_value(path, below, f"{pointer}/{i}", places) for i, below in enumerate(node.value)]
    return _scalar(path, node)  # the only other kind


def _scalar(path: Path, node: Node) -> Any:
    """A number, a boolean, null, or text; a moment stays the text that it is."""
    kind, text = str(node.tag).removeprefix(_TAG), node.value
    try:
        if kind == "int":
            return int(text.replace("_", ""))
        if kind == "float":
            return float(text.replace("_", ""))
    except ValueError as e:
        place = (node.start_mark.line + 1, node.start_mark.column + 1)
        raise BadFile(path, place, f"{text} is no decimal number; put quotes around it if it is text") from e
    if kind == "bool":
        return text.lower() == "true"
    return None if kind == "null" else _text(path, node)


def _text(path: Path, node: Node) -> str:
    """Text that can be stored and sent. Raises BadFile."""
    text = str(node.value)
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        place = (node.start_mark.line + 1, node.start_mark.column + 1)
        raise BadFile(path, place, "text must not hold the NUL character or half a surrogate pair")
    return text

"""HL7 messages: read by the library within bounds, asked for by field number, and acknowledged."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import hl7

#: MSH-18 (HL7 table 0211) to Python's codecs; without it UTF-8 is tried, then GB18030.
CODECS = {
    "UNICODE UTF-8": "utf_8",
    "UTF-8": "utf_8",
    "GB 18030-2000": "gb18030",
    "GB18030": "gb18030",
    "ASCII": "ascii",
}
#: An order has a handful of segments; what has more is none.
MOST_SEGMENTS = 200
PRODUCER = "READHUB"


class Unparsable(ValueError):
    """The bytes are no HL7 message; the text says why."""


@dataclass(frozen=True)
class Message:
    """A message whose header can be read."""

    parsed: hl7.Message
    codec: str

    def field(self, segment: str, number: int, component: int = 1, repetition: int = 1) -> str:
        """Return a component without its escapes; empty where there is none."""
        try:
            value = self.parsed.extract_field(segment, 1, number, repetition, component)
        except (KeyError, IndexError, LookupError):
            return ""
        return str(value or "").strip()

    def repetitions(self, segment: str, number: int) -> int:
        """Return how often a field is repeated."""
        try:
            return len(self.parsed.segment(segment)[number])
        except (KeyError, IndexError):
            return 0

    def count(self, segment: str) -> int:
        """Return how many segments of a name there are."""
        return sum(str(one[0]) == segment for one in self.parsed)

    def orders(self) -> "list[Message]":
        """Return one message for each ORC: what stands before the first, and the order's own segments."""
        begins = [at for at, one in enumerate(self.parsed) if str(one[0]) == "ORC"] or [len(self.parsed)]
        shared = self.parsed[: begins[0]]
        ends = [*begins[1:], len(self.parsed)]
        return [
            Message(self.parsed.create_message([*shared, *self.parsed[begin:end]]), self.codec)
            for begin, end in zip(begins, ends, strict=True)
        ]

    @property
    def kind(self) -> str:
        """The message type and event, such as ORM^O01."""
        return f"{self.field('MSH', 9)}^{self.field('MSH', 9, 2)}"

    @property
    def control_id(self) -> str:
        """MSH-10, which the sender uses for one message only."""
        return self.field("MSH", 10)

    @property
    def sender(self) -> str:
        """The sending application and facility."""
        return f"{self.field('MSH', 3)}|{self.field('MSH', 4)}"[:160]


def read_message(content: bytes) -> Message:
    """Return the message in a frame. Raises Unparsable."""
    text, codec = _decoded(content)
    if not text.startswith("MSH") or len(text) < 8:
        raise Unparsable("the message does not begin with MSH")
    if text.count("\r") > MOST_SEGMENTS:
        raise Unparsable(f"more than {MOST_SEGMENTS} segments")
    try:
        return Message(hl7.parse(text), codec)
    except Exception as error:  # the parser raises whatever odd separators lead it to
        raise Unparsable(f"the message cannot be parsed: {type(error).__name__}") from None


def acknowledgement(message: Message | None, code: str, text: str = "") -> bytes:
    """Return the ACK for a message: AA, AE or AR (HL7 table 0008), with a sentence for anything but AA."""
    when = datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")
    names = (
        [escaped(message.field("MSH", number)) for number in (5, 6, 3, 4)]
        if message
        else [PRODUCER, "", "", ""]
    )
    event = escaped(message.field("MSH", 9, 2)) if message else ""
    version = escaped(message.field("MSH", 12)) if message else ""
    header = [
        "MSH", "^~\\&", names[0] or PRODUCER, names[1], names[2], names[3], when, "",
        f"ACK^{event}" if event else "ACK", uuid.uuid4().hex[:20], "P", version or "2.3",
        "", "", "", "", "", escaped(message.field("MSH", 18)) if message else "",
    ]  # fmt: skip
    control = escaped(message.control_id) if message else ""
    lines = ["|".join(header).rstrip("|"), f"MSA|{code}|{control}|{escaped(text[:200])}".rstrip("|")]
    return ("\r".join(lines) + "\r").encode(message.codec if message else "utf_8", "replace")


def escaped(text: str) -> str:
    """Return a text with the separators and line ends written as escapes (HL7 2.7)."""
    for character, name in (("\\", "E"), ("|", "F"), ("^", "S"), ("&", "T"), ("~", "R")):
        text = text.replace(character, f"\\{name}\\")
    return "".join(ch if ch >= " " else f"\\X{ord(ch):02X}\\" for ch in text)


def _decoded(content: bytes) -> tuple[str, str]:
    """Return the text in what MSH-18 says, else in UTF-8 or GB18030; segments end in CR, whatever came."""
    head = content[: content.find(b"\r")] if b"\r" in content else content
    parts = head[:1000].split(head[3:4] or b"|")
    declared = parts[17].strip().decode("ascii", "replace").upper() if len(parts) > 17 else ""
    for codec in [CODECS[declared]] if declared in CODECS else ["utf_8", "gb18030"]:
        try:
            return content.decode(codec).replace("\r\n", "\r").replace("\n", "\r"), codec
        except UnicodeDecodeError:
            continue
    raise Unparsable("the text is in no character set that MSH-18 names")

"""What the hub knows of a peer that asks: the character sets in which it can be answered."""

#: Specific Character Sets (PS3.3 C.12.1.1.2) in which answers are written; the first unless a device needs
#: another. GB18030 holds every character, as UTF-8 does: nothing is lost in either.
CHARACTER_SETS = ("ISO_IR 192", "GB18030")

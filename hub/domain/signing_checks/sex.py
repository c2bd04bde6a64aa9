"""Organs that the patient's sex does not have."""

from collections.abc import Iterable

from hub.domain.signing_case import SigningCase

KEY = "sex"

ORGANS = {
    "M": ("子宫", "卵巢", "附件区", "阴道", "宫颈", "妊娠", "宫内", "节育环"),
    "F": ("前列腺", "精囊", "睾丸", "附睾", "阴茎", "阴囊"),
}
NAMES = {"M": "男", "F": "女"}


def concerns(case: SigningCase) -> Iterable[str]:
    """Name the organs that do not fit."""
    found = [organ for organ in ORGANS.get(case.sex, ()) if organ in case.words]
    if found:
        yield f"患者性别为{NAMES[case.sex]}，报告写有“{'、'.join(found)}”"

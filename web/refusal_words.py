"""What the hub refuses, in the words of the pages: each sentence by its English, as `hub` raises it."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from hub.errors import Refused, Sentence
from hub.store.orders import ACCESSION_TAKEN
from hub.store.sites import AT_ONCE, NO_ADDRESS, NO_AE_TITLE, NO_RETURN_NODE
from web.words import FIELDS, ORDER_STATES, STATES

SENTENCES = {
    "there is already a user '%(name)s'": _l("已有用户名“%(name)s”，请另取一个。"),
    "'%(name)s' is no title; choose one of %(some)s": _l("没有职称“%(name)s”，可选：%(some)s。"),
    "'%(name)s' is no role; choose one of %(some)s": _l("没有角色“%(name)s”，可选：%(some)s。"),
    "a township account needs --site: it sees that site's studies and no others": _l(
        "乡镇账号须选择机构：它只能看到该机构的检查。"
    ),
    "a township account needs at least one site": _l("乡镇账号至少须选择一家机构。"),
    "a password has at least %(least)s characters": _l("密码至少 %(least)s 个字符。"),
    NO_RETURN_NODE: _l("“%(value)s”不是回传节点；请写 AET@主机:端口，例如 CLINIC1@10.1.2.3:104。"),
    "a site's name has 1 to %(most)s characters": _l("机构名称须为 1 至 %(most)s 个字符。"),
    "a site named '%(name)s' exists already; edit it instead": _l("已有名为“%(name)s”的机构，请直接编辑它。"),
    AT_ONCE: _l("刚刚有人写入了同名或同一 AE Title 的机构；请查看机构列表。"),
    "a site has no '%(name)s'": _l("机构没有“%(name)s”这一项。"),
    "there is no site named '%(name)s'; `readhub site list` shows them": _l("没有名为“%(name)s”的机构。"),
    "'%(name)s' is no character set for answers: %(some)s": _l(
        "“%(name)s”不能用作应答字符集，可选：%(some)s。"
    ),
    "the AE title '%(title)s' belongs to the site '%(site)s'; choose another": _l(
        "AE Title“%(title)s”已属于机构“%(site)s”，请另取一个。"
    ),
    NO_ADDRESS: _l("“%(value)s”不是地址；请写 IP 地址、网段（如 10.1.2.0/24）或主机名。"),
    NO_AE_TITLE: _l("“%(title)s”不是 AE Title：须为 1 至 16 个可打印 ASCII 字符，不含反斜杠。"),
    "a critical notice says what was found": _l("请写明危急值的内容。"),
    "a critical notice has at most %(most)s characters": _l("危急值通知最多 %(most)s 个字符。"),
    "of a study that is %(state)s no critical notice is given": _l(
        "检查处于“%(state)s”状态，不能发危急值通知。"
    ),
    "a threshold changes only with a reason": _l("请写明更改阈值的理由（至少 4 个字）。"),
    "a threshold lies between 0 and 1": _l("阈值应在 0 与 1 之间。"),
    "somebody else changed this threshold at the same moment; look at theirs first": _l(
        "另一位管理员刚刚更改了这个阈值；请先查看，再决定是否更改。"
    ),
    "a first impression is a few words": _l("初步意见须写几个字，且不要过长。"),
    "a study that is %(state)s takes no marks": _l("检查现为“%(state)s”，不能保存标记。"),
    "a mark is on an image that is none of this study's": _l("有标记所在的图像不属于本检查。"),
    "'%(grade)s' is no grade": _l("没有图像质量等级“%(grade)s”。"),
    "a study that is %(state)s is not put aside": _l("检查现为“%(state)s”，不能暂放。"),
    "a study that is %(state)s has no draft": _l("检查现为“%(state)s”，不能书写报告。"),
    "this report waits for review": _l("报告正在等待审核，不能再修改。"),
    ACCESSION_TAKEN: _l("已有检查号为“%(accession)s”的申请单。"),
    "there is an order with this study_instance_uid already": _l("已有同一 Study Instance UID 的申请单。"),
    "order %(accession)s is %(state)s: that cannot happen to it now": _l(
        "申请单 %(accession)s 现为“%(state)s”，不能这样操作。"
    ),
    "order %(accession)s: somebody else changed it first": _l(
        "申请单 %(accession)s 已被他人先行修改，请刷新后再试。"
    ),
    "an order has no %(names)s": _l("申请单没有这些项目：%(names)s。"),
    "%(field)s is missing": _l("请填写%(field)s"),
    "%(field)s has more than %(most)s characters": _l("%(field)s最多 %(most)s 个字符"),
    "%(field)s holds a backslash or a control character": _l("%(field)s不能含反斜杠或控制字符"),
    "modality is none of %(some)s": _l("检查类型须为其中之一：%(some)s"),
    "sex is none of M, F, O": _l("性别须为 M、F 或 O"),
    "study_instance_uid is no UID": _l("Study Instance UID 不是有效的 UID"),
    "body_part is no code of capital letters, digits, blanks and _, such as CHEST": _l(
        "部位须为标准代码，用大写字母、数字、空格或下划线，例如 CHEST；中文请写入检查项目"
    ),
    "station_ae is no AE title: it holds more than ASCII characters": _l(
        "设备须为 AE Title（只含 ASCII 字符）；留空则本机构任何设备都可以做"
    ),
    "birth_date is after scheduled_date": _l("出生日期晚于预约日期"),
    "scheduled_date is no date YYYYMMDD": _l("预约日期不是有效的日期（YYYYMMDD）"),
    "birth_date is no date YYYYMMDD": _l("出生日期不是有效的日期（YYYYMMDD）"),
    "scheduled_time is no time HHMM": _l("预约时间不是有效的时间（HHMM）"),
    "%(field)s is too long, or holds a backslash or a control character": _l(
        "%(field)s过长，或含有反斜杠或控制字符"
    ),
    "the reason is none of %(some)s": _l("理由须为其中之一：%(some)s"),
    "the reason has more than %(most)s characters": _l("说明最多 %(most)s 个字符"),
    "a rejection needs a reason in words": _l("请用文字说明理由"),
    "there is nothing to reject: it was rejected before, or is no part of this study": _l(
        "没有可拒收的图像：它们已被拒收，或不属于本检查。"
    ),
    "%(field)s cannot be unknown": _l("%(field)s不能为未知"),
    "%(field)s is both given and unknown": _l("%(field)s既已填写，又选了未知"),
    "this identity is held already": _l("所填身份与原有的相同，没有需要更正的。"),
    "this rejection was taken back already": _l("此拒收已被撤回。"),
    "the corrected copy is being written; try again in a minute": _l(
        "按更正身份另存的检查正在生成，尚未撤回；请一分钟后再试。"
    ),
    "the copy under the corrected identity stands; reject that study first": _l(
        "按更正身份另存的检查仍然有效，未撤回；请先拒收那份检查，再撤回此更正。"
    ),
    "a study that is %(state)s is not rejected": _l("检查现为“%(state)s”，不能拒收。"),
    "a campaign's name has 1 to %(most)s characters": _l("活动名称须为 1 至 %(most)s 个字符。"),
    "a campaign has a first and a last day": _l("请填写开始和结束日期。"),
    "a campaign's last day is not before its first": _l("结束日期不能早于开始日期。"),
    "the share for re-reading is a whole number from 0 to 100": _l("复读比例须为 0 至 100 的整数。"),
    "a statement has at most %(most)s characters": _l("诊断语句最多 %(most)s 个字符。"),
    "an ECG that is not normal needs a statement": _l("判为非正常须写明诊断语句。"),
    "a campaign has at least one site": _l("请至少选择一家机构。"),
    "there is already a campaign '%(name)s'": _l("已有名为“%(name)s”的活动，请另取一个名称。"),
    "a page is confirmed as it was handed out, but for what was taken out of it": _l(
        "提交的心电图与本页分发的不一致，请刷新后再确认。"
    ),
    "a page is confirmed after each ECG on it has been in view": _l("还有心电图没有看过，不能确认本页。"),
    "somebody else has read this ECG again": _l("这份心电图刚刚已由他人复读。"),
    "a verdict is for the first or for the second reading": _l("裁定须选择维持首诊或采纳复读。"),
    "a disagreement is settled by neither of its two doctors": _l("首诊或复读医生本人不能裁定。"),
    "the values of a study that is %(state)s are not changed": _l("检查现为“%(state)s”，不能更改测量值。"),
}  # fmt: skip
#: Facts that are words of the hub, not of people.
WORDS: Mapping[str, Mapping[str, object]] = {"state": {**STATES, **ORDER_STATES}, "field": FIELDS}


def told(refusal: Refused) -> str:
    """Return what `refusal` says in the language of the page."""
    return _("；").join(_one(sentence) for sentence in refusal.sentences)


def _one(sentence: Sentence) -> str:
    known = SENTENCES.get(sentence.text)
    if known is None:
        return str(sentence)
    facts = {name: WORDS.get(name, {}).get(str(fact), fact) for name, fact in sentence.facts.items()}
    return str(known) % facts if facts else str(known)

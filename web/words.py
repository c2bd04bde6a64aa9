"""The words that pages use for states, roles, reasons and the like; message ids are Chinese."""

from types import SimpleNamespace

from flask_babel import lazy_gettext

from hub.store.tables import AuditRow, Study

_l = lazy_gettext

STATES = {
    "arriving": _l("接收中"), "ready": _l("待读"), "drafted": _l("书写中"), "written": _l("待审核"),
    "signed": _l("已签发"), "delivered": _l("已回传"), "reopened": _l("重开"),
    "quarantined": _l("隔离"), "rejected": _l("已拒收"),
}  # fmt: skip
PRIORITIES = {"critical": _l("危急"), "urgent": _l("急"), "routine": _l("普通")}
#: The class that docs/screens.md gives each priority.
PRIORITY_CLASSES = {"critical": "prio-stat", "urgent": "prio-urgent", "routine": "prio-routine"}
DELIVERIES = {
    "queued": _l("排队"), "failing": _l("重试中"), "sent": _l("已发送"), "confirmed": _l("已确认"),
    "dead": _l("已放弃"),
}  # fmt: skip
PROOFS = {"commitment": _l("存储承诺"), "query": _l("查询证实"), "opened": _l("已打开")}
CHANNELS = {"dicom": _l("DICOM 回传"), "inbox": _l("收件箱")}
TITLES = {
    "": _l("无"), "resident": _l("住院医师"), "junior": _l("初级"), "intermediate": _l("中级"),
    "associate": _l("副高"), "senior": _l("正高"),
}  # fmt: skip
ROLES = {
    "township": _l("乡镇"), "reader": _l("报告医生"), "reviewer": _l("审核医生"), "ecg": _l("心电医生"),
    "expert": _l("专家"), "admin": _l("管理员"),
}  # fmt: skip
NOTES = {
    "late-instances": _l("有迟到图像"), "kept-aside": _l("有搁置的重发"),
    "selftest": _l("自检"),
    "incomplete": _l("图像不全：设备列出或曾发送的有缺"),
    "unreadable": _l("因无法识别而拒收的图像"),
    "number-of-two": _l("患者编号曾用于他人"), "rebuilt": _l("由文件重建"),
    "images-rejected": _l("有图像被拒收"), "study-rejected": _l("整个检查被拒收"),
    "correction-of-nothing": _l("身份未能更正：原图像均已损坏，没有另存；请机构重新发送"),
    "correction-in-part": _l("更正后的检查不完整：部分原图像已损坏；请机构重新发送"),
    "two-patients": _l("一个检查两个患者"),
    "uid-at-two-sites": _l("两家机构同一检查号"), "after-correction": _l("身份更正后又收到原身份的图像"),
    "released": _l("已解除隔离"), "rejection-withdrawn": _l("有拒收已撤回"),
}  # fmt: skip
#: A study that was rejected whole and is still open carries a signed report.
REJECTED_UNDER_A_REPORT = _l("整个检查被拒收，已签报告须补充说明")
REPORT_PARTS = {
    "findings": _l("检查所见"), "impression": _l("诊断意见"), "advice": _l("建议"),
    "addendum": _l("补充报告"),
}  # fmt: skip
REJECTIONS = {
    "quality": _l("图像质量不合格"), "patient": _l("患者安全（如患者错误）"),
    "worklist": _l("工作列表条目选错"),
}  # fmt: skip
#: What the site does about a rejection.
REMEDIES = {
    "quality": _l("请重新摄片后发送。"), "patient": _l("请核对患者身份，更正后作为新的检查发送。"),
    "worklist": _l("请选择正确的条目，作为新的检查发送。"),
}  # fmt: skip
OUTCOMES = {"changed": _l("审核时有修改"), "returned": _l("已退回")}
TEMPLATE_KINDS = {"normal": _l("正常"), "finding": _l("所见"), "phrase": _l("短语")}
REPORT_KINDS = {"report": _l("报告"), "addendum": _l("补充报告")}
ORDER_STATES = {
    "scheduled": _l("已预约"), "in-progress": _l("检查中"), "completed": _l("已检查"),
    "cancelled": _l("已取消"),
}  # fmt: skip
#: What the fields of an order and of an identity are called on their forms.
FIELDS = {
    "patient_id": _l("患者编号"), "name": _l("姓名"), "accession": _l("检查号"),
    "sex": _l("性别"), "birth_date": _l("出生日期"),
    "description": _l("检查项目"),
    "body_part": _l("部位"), "station_ae": _l("设备"), "referring": _l("申请医生"), "reason": _l("申请原因"),
}  # fmt: skip
ORDER_SOURCES = {"page": _l("页面"), "api": "API", "hl7": "HL7"}
SEXES = {"M": _l("男"), "F": _l("女"), "O": _l("其他")}
ASIDE_REASONS = {"content": _l("内容不同"), "syntax": _l("编码不同")}
ASIDE_STATES = {
    "open": _l("待处理"), "comparing": _l("比对中"), "same": _l("相同，已丢弃"), "dismissed": _l("已处理"),
}  # fmt: skip
#: Why a report cannot be signed, or written.
REFUSALS = {
    "no-right": _l("您的账号没有签名权限。"),
    "no-write": _l("您的账号不能书写报告。"),
    "other-kind": _l("您的角色只书写和签发心电检查的报告。"),
    "shared": _l("此检查由另一机构共享，只能查看。"),
    "arriving": _l("图像仍在接收，收齐后才能签名。"),
    "quarantined": _l("检查已被隔离，等待管理员核对身份。"),
    "rejected": _l("检查已被拒收。"),
    "signed": _l("报告已签发。如需修改请补充报告。"),
    "delivered": _l("报告已签发并回传。如需修改请补充报告。"),
    "not-signed": _l("还没有已签发的报告，不能补充。"),
    "no-impression": _l("诊断意见为空，不能签名。"),
    "no-addendum": _l("请在补充内容中写明补充或更正了什么。"),
    "too-long": _l("报告文字过长。"),
    "low-title": _l("中级以下职称可以书写，不能签发；请提交审核。"),
    "not-written": _l("本机构的报告须先由报告医生书写，再由另一位医生审核。"),
    "same-doctor": _l("本机构的报告须由另一位医生审核签发。"),
    "waits": _l("报告已提交，等待审核。"),
    "nothing-waits": _l("这份检查没有待审核的报告。"),
    "no-reason": _l("退回须写明原因。"),
    "no-grade-reason": _l("评为乙、丙、丁须写明原因。"),
}  # fmt: skip
#: What each check before a signature is about.
CHECKS = {
    "laterality": _l("左右侧"), "sex": _l("性别与器官"), "empty": _l("内容空缺"), "residue": _l("模板残留"),
    "normal": _l("与 AI 或测量矛盾"), "critical": _l("危急值通知"), "heart-rate": _l("心率"),
    "other-patient": _l("他人姓名"), "units": _l("单位与错字"), "untouched": _l("AI 建议未核对"),
}  # fmt: skip
#: Where a study of a screening campaign is.
PLACES = {
    "normal": _l("待批量确认"), "single": _l("待逐份阅读"), "review": _l("待审核"),
    "batch": _l("批量确认"), "alone": _l("逐份签发"),
    "arriving": _l("接收中"), "quarantined": _l("隔离"), "rejected": _l("已拒收"),
}  # fmt: skip
AF_KINDS = {"fibrillation": _l("心房颤动"), "flutter": _l("心房扑动")}
CERTAINTIES = {"confirmed": _l("明确"), "unclear": _l("待核实")}
VERDICTS = {"first": _l("维持首诊"), "second": _l("采纳复读")}
#: What changed since the page was loaded.
DIFFERENCES = {
    "identity": _l("患者身份已更改"),
    "instances": _l("图像有增减"),
    "pre-read": _l("AI 结果有更新"),
    "draft": _l("报告草稿已被更新"),
    "signed": _l("报告已被签发"),
    "page": _l("页面内容已过期"),
}  # fmt: skip
ACTS = {
    "login": _l("登录"), "logout": _l("退出登录"), "lock": _l("关闭签名窗口"), "view": _l("查看"),
    "search": _l("检索"), "download": _l("下载"), "print": _l("打印"), "sign": _l("签名"),
    "sign-password": _l("签名密码"), "addendum": _l("补充报告"), "draft": _l("书写"), "claim": _l("接手"),
    "store": _l("接收"), "deliver": _l("回传"), "open": _l("打开报告"), "quarantine": _l("隔离处理"),
    "commitment": _l("存储承诺"), "import": _l("导入心电图"), "order": _l("申请单"), "step": _l("检查步骤"),
    "site": _l("机构变更"), "user": _l("账号变更"), "associate": _l("DICOM 连接"), "check": _l("完整性检查"),
    "threshold": _l("阈值变更"), "first-impression": _l("初步意见"),
    "template": _l("模板变更"), "write": _l("提交审核"), "return": _l("退回"),
    "override": _l("检查提示的理由"),
    "image-quality": _l("图像质量"), "aside": _l("暂放"),
    "reject": _l("拒收"), "withdraw": _l("撤回拒收"), "correct": _l("更正身份"),
    "verify": _l("核验报告"), "critical": _l("危急值通知"),
    "campaign": _l("筛查活动"), "screen": _l("筛查"),
    "mark": _l("图像标记"), "ecg-edit": _l("修改心电测量值"), "reindex": _l("重建索引"),
    "self-test": _l("自检"),
}  # fmt: skip
#: How an act ended, in the audit trail; a DICOM status stands there as it is.
ENDS = {
    "ok": _l("完成"), "refused": _l("被拒绝"), "rejected": _l("连接被拒"), "forbidden": _l("无权限"),
    "not-yours": _l("不属于本机构"), "no-login": _l("未登录"), "csrf": _l("页面过期"),
    "wrong-password": _l("密码错误"), "slowed": _l("尝试过多"), "changed": _l("内容已变，未执行"),
    "damaged": _l("文件损坏"), "whole again": _l("文件已恢复"), "being-made": _l("生成中"),
    "kept": _l("已保存"), "same-again": _l("重复发送"), "kept-aside-content": _l("另存：内容不同"),
    "kept-aside-syntax": _l("另存：编码不同"), "aside-again-content": _l("再次另存：内容不同"),
    "aside-again-syntax": _l("再次另存：编码不同"), "healed": _l("重发，替换损坏的文件"),
    "after-rejection": _l("拒收后又收到图像"), "another-site": _l("属于另一机构"),
    "added": _l("新增"), "opened": _l("已打开"), "told": _l("已通知"), "known": _l("已知晓"),
    "placed": _l("已登记"), "copied": _l("已复制"), "restored": _l("已恢复"), "dismissed": _l("已处理"),
    "name-confirmed": _l("姓名已核对"), "taken-over": _l("已接手"), "retried-by-hand": _l("手动重试"),
    "sessions-ended": _l("已强制退出"), "no-reason": _l("缺少理由"), "other-kind": _l("不属其书写范围"),
    "self-test": _l("自检"), "language": _l("语言"), "incomplete": _l("未取全"),
    "images-rejected": _l("已拒收图像"), "study-rejected": _l("已拒收检查"),
    "addendum-needed": _l("需补充报告"), "valid": _l("有效"), "superseded": _l("已被取代"),
    "unknown": _l("未知"), "failed": _l("失败"), "given-up": _l("已放弃"),
    "accepted": _l("对方已接收"), "found-there": _l("证实已送达"), "result-told": _l("已告知结果"),
    "asked-again": _l("再次询问"), "kept-aside": _l("搁置"), "edited": _l("已修改"), "closed": _l("已关闭"),
    "confirmed": _l("已确认"), "set-apart": _l("已移出"), "put-back": _l("已放回"), "re-read": _l("已复读"),
    "settled": _l("已裁定"),
    "begun": _l("已开始"), "broken-off": _l("中断，未完成"),
}  # fmt: skip


def refusal_words(key: str, otherwise: str = "") -> str:
    """Return a sentence for the key of a refusal."""
    return str(REFUSALS.get(key, otherwise or key))


def notes_of(study: Study) -> list[str]:
    """Return what stands in a study's note, each in words."""
    return [_note_words(study, note) for note in study.note.split()]


def _note_words(study: Study, note: str) -> str:
    if note == "study-rejected" and study.state != "rejected":
        return str(REJECTED_UNDER_A_REPORT)
    word, _colon, count = note.partition(":")
    said = str(NOTES.get(word, word))
    return f"{said} {study.late_instances if word == 'late-instances' else count}".rstrip()


def end_of(row: AuditRow) -> str:
    """Return how an act ended; where an order or a threshold was changed, that is what was done."""
    if row.outcome == "changed" and row.act in ("order", "threshold"):
        return str(ENDS["edited"])
    known = (words[row.outcome] for words in (ENDS, NOTES, STATES) if row.outcome in words)
    return str(next(known, row.outcome))


WORDS = SimpleNamespace(
    states=STATES, priorities=PRIORITIES, priority_classes=PRIORITY_CLASSES, deliveries=DELIVERIES,
    channels=CHANNELS, roles=ROLES, notes_of=notes_of, report_kinds=REPORT_KINDS, sexes=SEXES,
    aside_reasons=ASIDE_REASONS, aside_states=ASIDE_STATES, acts=ACTS, ends=ENDS, end_of=end_of,
    proofs=PROOFS, template_kinds=TEMPLATE_KINDS, titles=TITLES, checks=CHECKS,
    rejections=REJECTIONS, remedies=REMEDIES,
    outcomes=OUTCOMES, report_parts=REPORT_PARTS, order_states=ORDER_STATES, order_sources=ORDER_SOURCES,
    verdicts=VERDICTS, fields=FIELDS,
)  # fmt: skip

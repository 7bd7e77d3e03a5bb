"""The office's own words for what a reading says."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qingzhuang.intake.types import ChannelKind, Deliverable, Flag, Recurrence

CHANNELS: dict[str, Promise] = {
    ChannelKind.CHAT: _("群消息"),
    ChannelKind.DOCUMENT: _("公文"),
    ChannelKind.PHONE: _("电话"),
    ChannelKind.SHEET: _("登记表"),
}
KINDS: dict[str, Promise] = {
    Deliverable.FORM: _("填表报数"),
    Deliverable.REPORT: _("写材料"),
    Deliverable.PHOTO: _("照片截图"),
    Deliverable.MEETING: _("参会"),
    Deliverable.INSPECTION: _("迎检"),
    Deliverable.VISIT: _("走访排查"),
    Deliverable.PROMOTE: _("宣传推广"),
    Deliverable.MOBILISE: _("组织动员"),
    Deliverable.CONFIRM: _("核对"),
    Deliverable.ACT: _("现场办理"),
    Deliverable.JOIN_GROUP: _("进群"),
}
FLAGS: dict[str, Promise] = {
    Flag.LIFE_SAFETY: _("生命安全"),
    Flag.SHORT_NOTICE: _("不足8个工作小时"),
    Flag.OFF_HOURS: _("下班时间发来"),
    Flag.FORCED_APP: _("强推应用"),
    Flag.FORCED_FORWARD: _("强制转发点赞"),
    Flag.PHOTO_TRACE: _("拍照留痕"),
    Flag.RELAY_REPLY: _("接龙回复"),
    Flag.QUOTA: _("摊派指标"),
    Flag.ZERO_REPORT: _("零报告"),
    Flag.TEMPLATE_CHANGE: _("换了模板"),
    Flag.DOUBLE_REPORT: _("纸质电子双报"),
    Flag.FREQUENCY_UP: _("加密频次"),
    Flag.RANKING: _("排名通报"),
    Flag.PRINCIPAL_REQUIRED: _("要求主要负责人"),
    Flag.NEW_GROUP: _("新建群"),
    Flag.NUMBER_NOW: _("马上要数"),
}
# A department's ask that breaks a rule may be red; these only inform.
PLAIN_FLAGS = frozenset({Flag.LIFE_SAFETY, Flag.OFF_HOURS, Flag.TEMPLATE_CHANGE})
RECURRENCES: dict[str, Promise] = {
    Recurrence.ONCE: _("一次"),
    Recurrence.DAILY: _("每日"),
    Recurrence.WEEKLY: _("每周"),
    Recurrence.MONTHLY: _("每月"),
    Recurrence.QUARTERLY: _("每季"),
    Recurrence.YEARLY: _("每年"),
    Recurrence.OTHER: _("其他周期"),
}
REASONS: dict[str, Promise] = {
    **KINDS,
    **FLAGS,
    "deadline": _("期限"),
    "issuer": _("谁要的"),
    "form_name": _("表名"),
}
FIELDS: dict[str, Promise] = {
    "issuer": _("谁要的"),
    "summary": _("要做什么"),
    "deliverables": _("要交什么"),
    "forms": _("表名"),
    "due_at": _("期限"),
    "recurrence": _("周期"),
    "flags": _("提示"),
    "is_withdrawn": _("是不是要求"),
}

"""What is done later: read a source, look into the inbox and the mailbox, forget in time."""

from __future__ import annotations

from qingzhuang.intake import actions, post
from qingzhuang.kit import clock
from qingzhuang.kit.jobs import JobContext, daily, every, register


@register("intake.read_source", retries=3, backoff_seconds=10, timeout_seconds=4 * 3600)
def read_source(ctx: JobContext, source_id: int) -> None:
    """Read a source that was added: its messages and what they ask."""
    actions.read_source(source_id=source_id, ctx=ctx)


@register("intake.mend_sources", retries=2, backoff_seconds=60)
def mend_sources(ctx: JobContext) -> None:
    """Look after sources whose reading stopped without an end."""
    actions.mend_sources()


@register("intake.reread_asks", retries=5, backoff_seconds=10, timeout_seconds=4 * 3600)
def reread_asks(ctx: JobContext) -> None:
    """Read again what an older reader read; what a person corrected stays corrected."""
    done = 0
    while count := actions.reread_asks():
        done += count
        ctx.progress(done, unit="条")
        ctx.checkpoint()


@register("intake.expire_messages", retries=3, backoff_seconds=300, timeout_seconds=3600)
def expire_messages(ctx: JobContext) -> None:
    """Forget messages that ask nothing once their time is over; counts stay."""
    while actions.expire_messages(on=clock.now()) and not ctx.cancelled():
        pass


@register("intake.collect_inbox", retries=2, backoff_seconds=60, timeout_seconds=600)
def collect_inbox(ctx: JobContext) -> None:
    """Take in what lies in the inbox folder."""
    post.collect_inbox()


@register("intake.collect_mail", retries=2, backoff_seconds=120, timeout_seconds=600)
def collect_mail(ctx: JobContext) -> None:
    """Fetch what was forwarded to the mailbox; nothing without QZ_MAIL_URL."""
    post.collect_mail()


daily(hour=2, minute=30, name="intake.expire_messages")
daily(hour=1, name="intake.reread_asks")
every(minutes=1, name="intake.mend_sources")
every(minutes=1, name="intake.collect_inbox")
every(minutes=5, name="intake.collect_mail")

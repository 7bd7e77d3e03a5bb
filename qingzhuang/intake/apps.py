from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "qingzhuang.intake"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from qingzhuang.intake.queries import list_day_items, search_asks
        from qingzhuang.notify.registry import register_day_items, register_search

        register_day_items("intake", list_day_items)
        register_search("intake", search_asks)

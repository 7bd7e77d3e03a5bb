"""The index that search looks in: FTS5 on SQLite, GIN on PostgreSQL."""

from django.db import migrations

SQLITE = (
    "CREATE VIRTUAL TABLE intake_ask_words USING fts5("
    "words, content='intake_ask', content_rowid='id', tokenize='unicode61')",
    "CREATE TRIGGER intake_ask_words_insert AFTER INSERT ON intake_ask BEGIN "
    "INSERT INTO intake_ask_words(rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER intake_ask_words_delete AFTER DELETE ON intake_ask BEGIN "
    "INSERT INTO intake_ask_words(intake_ask_words, rowid, words) "
    "VALUES ('delete', old.id, old.words); END",
    "CREATE TRIGGER intake_ask_words_update AFTER UPDATE OF words ON intake_ask BEGIN "
    "INSERT INTO intake_ask_words(intake_ask_words, rowid, words) "
    "VALUES ('delete', old.id, old.words); "
    "INSERT INTO intake_ask_words(rowid, words) VALUES (new.id, new.words); END",
)
POSTGRESQL = (
    "CREATE INDEX intake_ask_words ON intake_ask USING gin (to_tsvector('simple', words))",
)


def build(apps, schema_editor):
    statements = {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]
    for statement in statements:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX intake_ask_words")
        return
    for name in ("insert", "delete", "update"):
        schema_editor.execute(f"DROP TRIGGER intake_ask_words_{name}")
    schema_editor.execute("DROP TABLE intake_ask_words")


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_first")]

    operations = [migrations.RunPython(build, drop)]

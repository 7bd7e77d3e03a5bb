"""Django's settings; what an office may choose stands in options.py."""

from __future__ import annotations

import secrets
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from qingzhuang.kit.pure.errors import describe
from qingzhuang.site.options import flag, home, option

try:  # Debian's SQLite 3.40 has a WAL bug that was mended in 3.51.3; the package brings its own.
    import pysqlite3

    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
except ImportError:  # not on this platform: the system's SQLite serves
    pass

QZ_HOME = home()


def _secret(name: str) -> str:
    """A key that is made once and kept beside the data, readable by its owner alone."""
    path = QZ_HOME / name
    if not path.exists():
        QZ_HOME.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        try:
            path.hardlink_to(draft)  # two processes that start together agree on one key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _database(url: str) -> dict[str, object]:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": QZ_HOME / "qingzhuang.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; PRAGMA secure_delete=ON;"
                ),
            },
        }
    parts = urlsplit(url)
    try:
        port = parts.port or ""
    except ValueError:
        port = None
    if parts.scheme not in {"postgresql", "postgres"} or port is None or not parts.path.strip("/"):
        sys.exit(str(describe("site.database_address_wrong")))  # no command can go on without it
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": unquote(parts.hostname or ""),
        "PORT": port,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "NAME": unquote(parts.path.strip("/")),
        "OPTIONS": dict(parse_qsl(parts.query)) | {"pool": {"min_size": 1, "max_size": 8}},
    }


SECRET_KEY = _secret("secret.key")
DEBUG = flag("QZ_DEBUG")
ALLOWED_HOSTS = [name.strip() for name in option("QZ_ALLOWED_HOSTS").split(",") if name.strip()]
DATABASES = {"default": _database(option("QZ_DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "django_htmx",
    "qingzhuang.kit",
    "qingzhuang.trail",
    "qingzhuang.org",
    "qingzhuang.files",
    "qingzhuang.notify",
    "qingzhuang.intake",
    "qingzhuang.desk",
    "qingzhuang.site",
]
AUTH_USER_MODEL = "org.User"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "qingzhuang.site.middleware.KeepNoCopies",
    "qingzhuang.site.middleware.LimitBodies",  # before CSRF, which reads the whole body
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "qingzhuang.site.middleware.SayErrors",
    "axes.middleware.AxesMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # ten minutes are ten minutes
AXES_LOCKOUT_CALLABLE = "qingzhuang.org.pages.accounts.locked_out"
AXES_VERBOSE = False
AXES_USERNAME_CALLABLE = "qingzhuang.org.actions.attempts.tried_name"
AXES_HANDLER = "qingzhuang.org.actions.attempts.BareCounter"
AXES_DISABLE_ACCESS_LOG = True  # it would keep online time; sign-ins stand in the trail
# A whole office shares one address, so a lock by address would shut everybody out.
# HSTS stays with this host: the office's other hosts, and browsers' lists, are not ours to bind.
SILENCED_SYSTEM_CHECKS = ["axes.W006", "security.W005", "security.W021"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "org:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "org:login"

ROOT_URLCONF = "qingzhuang.site.urls"
WSGI_APPLICATION = "qingzhuang.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "qingzhuang.site.navigation.navigation",
            ],
        },
    },
]
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = QZ_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True  # no collectstatic needed; the files are few
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024  # what is pasted; files are not counted
DATA_UPLOAD_MAX_NUMBER_FILES = 5_000
QZ_MAX_UPLOAD_BYTES = int(option("QZ_MAX_UPLOAD_MB")) * 1024 * 1024
QZ_MAIL_URL = option("QZ_MAIL_URL")
QZ_MAIL_SENDERS = [name.strip() for name in option("QZ_MAIL_SENDERS").split(",") if name.strip()]

SESSION_COOKIE_AGE = int(option("QZ_SESSION_MINUTES")) * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if flag("QZ_HTTPS"):
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # a gateway asks this without HTTPS
    SECURE_HSTS_SECONDS = (
        31_536_000  # for this name only: others below it are not ours to speak for
    )
    CSRF_TRUSTED_ORIGINS = [f"https://{name}" for name in ALLOWED_HOSTS if "[" not in name]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
DEMO_FOLDER: Path = QZ_HOME / "demo"

"""Settings: read once from the environment, whole, and handed on."""

from functools import cached_property
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.errors import SetupFault


class Settings(BaseSettings):
    """Everything an operator may set; each name is an environment variable with prefix READHUB_."""

    model_config = SettingsConfigDict(env_prefix="READHUB_", frozen=True, extra="ignore")

    data_dir: Path = Path("var")
    http: str = "127.0.0.1:8080"
    dicom: str = "127.0.0.1:11112"
    hl7: str = ""
    hl7_from: str = ""
    dicom_tls: str = ""
    dicom_tls_certificate: Path | None = None
    dicom_tls_key: Path | None = None
    dicom_tls_clients: Path | None = None
    ae_title: str = Field(default="READHUB", min_length=1, max_length=16)
    demo: bool = False

    database_url: SecretStr | None = None
    broker_url: SecretStr | None = None

    trusted_hosts: str = ""
    behind_https: bool = False
    session_idle_minutes: int = Field(default=30, ge=1, le=24 * 60)
    session_absolute_hours: int = Field(default=12, ge=1, le=48)

    maximum_associations: int = Field(default=128, ge=64, le=4096)
    maximum_pdu: int = Field(default=256 * 1024, ge=16 * 1024, le=1024 * 1024)
    receiver_processes: int = Field(default=1, ge=1, le=64)
    associations_per_site: int = Field(default=96, ge=1, le=4096)
    associations_per_address: int = Field(default=96, ge=1, le=4096)
    maximum_message: int = Field(default=4 * 1024**3, ge=1024**2)
    network_timeout_seconds: float = Field(default=60, gt=0)

    worker_processes: int = Field(default=2, ge=1, le=64)
    web_threads: int = Field(default=100, ge=8, le=512)
    watch_dir: Path | None = None
    ecg_rules: Path | None = None
    onnx_providers: str = "CPUExecutionProvider"
    relay_sweep_seconds: float = Field(default=3, gt=0, le=60)

    time_zone: str = "Asia/Shanghai"
    public_url: str = ""
    organisation: str = "县人民医院远程诊断中心"
    licence_scheme: str = "99HUB"

    @field_validator("http", "dicom")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError("must read HOST:PORT, such as 127.0.0.1:8080")
        return value

    @field_validator("hl7")
    @classmethod
    def _host_and_port_or_none(cls, value: str) -> str:
        return cls._host_and_port(value) if value else value

    @field_validator("dicom_tls")
    @classmethod
    def _empty_or_address(cls, value: str) -> str:
        return cls._host_and_port(value) if value else value

    @model_validator(mode="after")
    def _whole_tls(self) -> Self:
        needed = (self.dicom_tls_certificate, self.dicom_tls_key, self.dicom_tls_clients)
        if self.dicom_tls and None in needed:
            raise ValueError(
                "DICOM_TLS needs DICOM_TLS_CERTIFICATE, DICOM_TLS_KEY and DICOM_TLS_CLIENTS beside it"
            )
        return self

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must read https://HOST, such as https://hub.example.org, or be empty")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("must name a time zone, such as Asia/Shanghai") from None
        return value

    @field_validator("data_dir", "watch_dir", "ecg_rules")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value is not None else None

    @cached_property
    def url(self) -> str:
        """The database's SQLAlchemy URL; an embedded SQLite file unless set."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'hub.sqlite3'}"

    @property
    def zone(self) -> ZoneInfo:
        """The county's time zone: instants are kept in UTC and shown in this one."""
        return ZoneInfo(self.time_zone)

    @property
    def http_address(self) -> tuple[str, int]:
        """Where pages are served."""
        return split_address(self.http)

    @property
    def dicom_address(self) -> tuple[str, int]:
        """Where associations are accepted."""
        return split_address(self.dicom)

    @property
    def hl7_address(self) -> tuple[str, int]:
        """Where orders are taken by HL7."""
        return split_address(self.hl7)

    @property
    def dicom_tls_address(self) -> tuple[str, int] | None:
        """Where associations over TLS are accepted, or None."""
        return split_address(self.dicom_tls) if self.dicom_tls else None


def split_address(value: str) -> tuple[str, int]:
    """Return host and port of HOST:PORT."""
    host, _, port = value.rpartition(":")
    return host.strip("[]"), int(port)


def read_settings(**given: object) -> Settings:
    """Return the settings from the environment, overridden by what is `given` and not None.

    Raises SetupFault naming every faulty variable at once.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**chosen)  # type: ignore[arg-type]
    except ValidationError as error:
        faults = [f"READHUB_{str((*e['loc'], '')[0]).upper()}: {e['msg']}" for e in error.errors()]
        raise SetupFault("; ".join(faults)) from None

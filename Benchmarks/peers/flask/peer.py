"""The peer as its authors deploy it: Flask under gunicorn, SQLAlchemy over psycopg2."""

import datetime
import os

from flask import Flask, abort, jsonify
from sqlalchemy import Date, DateTime, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = Flask(__name__)
url = os.environ.get("DATABASE_URL")
# A connection for each thread of a worker.
engine = (
    create_engine(url.replace("postgres://", "postgresql+psycopg2://"), pool_size=4)
    if url else None)


class Base(DeclarativeBase):
    pass


class Birthday(Base):
    __tablename__ = "birthdays"
    username: Mapped[str] = mapped_column(String, primary_key=True)
    date_of_birth: Mapped[datetime.date] = mapped_column(Date)
    created_at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))


@app.get("/livez")
def livez():
    return jsonify(status="UP")


@app.get("/hello/<username>")
def hello(username):
    with Session(engine) as session:
        birthday = session.get(Birthday, username)
    if birthday is None:
        abort(404)
    days = days_until(birthday.date_of_birth, datetime.datetime.now(datetime.timezone.utc).date())
    if days == 0:
        return jsonify(message=f"Hello, {username}! Happy birthday!")
    return jsonify(message=f"Hello, {username}! Your birthday is in {days} day(s)")


def days_until(birth, today):
    for year in (today.year, today.year + 1):
        try:
            day = birth.replace(year=year)
        except ValueError:
            day = datetime.date(year, 2, 28)
        if day >= today:
            return (day - today).days
    raise AssertionError("a birthday comes every year")

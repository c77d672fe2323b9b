"""The peer as its authors deploy it: Flask under gunicorn, SQLAlchemy over psycopg2."""

import datetime
import os
from uuid import UUID

from flask import Flask, abort, jsonify
from sqlalchemy import DateTime, Uuid, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = Flask(__name__)
url = os.environ.get("DATABASE_URL")
# A connection for each thread of a worker.
engine = (
    create_engine(url.replace("postgres://", "postgresql+psycopg2://"), pool_size=4)
    if url else None)


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "people"
    uuid: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    survived: Mapped[bool]
    passenger_class: Mapped[int]
    name: Mapped[str]
    sex: Mapped[str]
    age: Mapped[int]
    siblings_or_spouses_aboard: Mapped[int]
    parents_or_children_aboard: Mapped[int]
    fare: Mapped[float]
    created_at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime.datetime] = mapped_column(DateTime(timezone=True))


@app.get("/livez")
def livez():
    return jsonify(status="UP")


@app.get("/people/<uuid:key>")
def person(key):
    with Session(engine) as session:
        person = session.get(Person, key)
    if person is None:
        abort(404)
    return jsonify(
        uuid=str(person.uuid), survived=person.survived, passengerClass=person.passenger_class,
        name=person.name, sex=person.sex, age=person.age,
        siblingsOrSpousesAboard=person.siblings_or_spouses_aboard,
        parentsOrChildrenAboard=person.parents_or_children_aboard, fare=person.fare)

"""The label sets: three entity types and fourteen event types.

Definitions stand in ``annotations/guidelines.md``.
"""

from __future__ import annotations

from enum import StrEnum


class EntityType(StrEnum):
    """What a mention refers to."""

    ACTOR = "ACTOR"
    PLACE = "PLACE"
    WEAPON = "WEAPON"


class EventType(StrEnum):
    """What the main clause of a sentence reports as happening."""

    AIRSTRIKE = "AIRSTRIKE"
    SHELLING = "SHELLING"
    CLASH = "CLASH"
    EXPLOSION = "EXPLOSION"
    KILLING = "KILLING"
    ARREST = "ARREST"
    DEPLOYMENT = "DEPLOYMENT"
    WITHDRAWAL = "WITHDRAWAL"
    DEFECTION = "DEFECTION"
    DISPLACEMENT = "DISPLACEMENT"
    THREAT = "THREAT"
    DIPLOMACY = "DIPLOMACY"
    PROTEST = "PROTEST"
    NONE = "NONE"


# Plain strings, so that a label is the same thing everywhere: in a record, in JSON, in an enum comparison.
ENTITY_TYPES: tuple[str, ...] = tuple(member.value for member in EntityType)
EVENT_TYPES: tuple[str, ...] = tuple(member.value for member in EventType)

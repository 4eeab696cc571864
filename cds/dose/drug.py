"""Which opioid a Medication is, how strong, in which form: codes first, then ingredients, then names."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from cds.clinical import Coding, Concept, Ingredient, Medication
from cds.dose import names
from cds.dose.units import unit
from cds.dose.values import NotCounted
from cds.knowledge.drugs import Drugs, Product, eleven_digits

CODED = "coded"
NAME_ONLY = "low: name only"
TEXT_DISAGREES = "low: code and text name different drugs"
PARTNER_CODED = "low: the code is that of its partner"

_RXNORM = ("nlm.nih.gov/research/umls/rxnorm", "2.16.840.1.113883.6.88")
_NDC = ("hl7.org/fhir/sid/ndc", "2.16.840.1.113883.6.69")
_ATC = ("whocc.no/atc", "2.16.840.1.113883.6.73")
_WITH_ANTAGONIST = ("tablet", "capsule", "film")
_ATC_OPIOIDS = ("N02A", "N07BC", "N01AH", "R05DA")


class Opioid(Struct, frozen=True):
    """One opioid of a medication, as far as the record tells it.

    mg, per    strength: milligrams in one unit, mL, h or actuation; None where it is not known
    form       family of dose forms: tablet, capsule, solution, injection, patch, ...; "" unknown
    route      route that the form implies, None if it implies none
    release    "ER", "IR" or "" for not known
    certainty  "coded", or "low: ..."
    """

    name: str
    mg: Decimal | None = None
    per: str = ""
    form: str = ""
    route: str | None = None
    release: str = ""
    release_hours: Decimal | None = None
    container_ml: Decimal | None = None
    partners: tuple[str, ...] = ()
    cough_cold: bool = False
    certainty: str = CODED

    @property
    def patch(self) -> bool:
        return self.per == "h" or self.form == "patch"


class Identity(Struct, frozen=True):
    """What a medication turned out to be.

    opioids  one for each opioid in it; empty for any other drug
    problem  why an opioid, or what may be one, cannot be told exactly; None otherwise
    drug     its name for messages
    """

    opioids: tuple[Opioid, ...] = ()
    problem: NotCounted | None = None
    drug: str = ""


NO_OPIOID = Identity()


def identify(medication: Medication | None, drugs: Drugs) -> Identity:
    """The opioids of a medication.

    RxNorm products win wherever they stand in the list; an ingredient code takes strength and form from the ingredients
    or the text; an NDC needs the site's crosswalk; a name alone is of low certainty. The code of another drug is no word
    against an opioid that ingredients or text name: beside its partner's code it is read, beside any other not counted.
    """
    if medication is None:
        return Identity(problem=NotCounted("medication-not-sent", "medication not sent"), drug="unknown medication")
    concept = medication.concept
    codings = concept.codings if concept else ()
    rxnorm = [coding.code or "" for coding in codings if _is(coding, _RXNORM)]
    products = [drugs.products[code] for code in rxnorm if code in drugs.products]
    text = words(concept)
    clinical = [product for product in products if product.tty != "IN"]
    ndcs: list[str] = []
    if not clinical:
        # NDCs are used again for other products: they speak only where RxNorm does not.
        ndcs = [coding.code or "" for coding in codings if _is(coding, _NDC)]
        clinical = [drugs.products[code] for code in _mapped(ndcs, drugs) if code in drugs.products]
    if clinical:
        named = {product.opioid for product in products} - {product.opioid for product in clinical}
        return _of_products(clinical, text, drugs) if not named else _conflict(clinical, named)
    found = _of_ingredients(medication.ingredients, medication.form, drugs)
    others = {drugs.others[code].name for code in rxnorm if code in drugs.others}
    if others and not products:
        return _beside_another(others, found, medication, drugs)
    if found is not None:
        missing = {product.opioid for product in products} - {opioid.name for opioid in found.opioids}
        return (
            _conflict(products, {opioid.name for opioid in found.opioids}) if missing else _checked(found, text, drugs)
        )
    if products:
        return _of_ingredient_code(products, medication, text, drugs)
    return _of_text(concept, text, ndcs, medication.form, drugs)


def _conflict(products: list[Product], others: set[str]) -> Identity:
    opioids = sorted({product.opioid for product in products} | others)
    problem = NotCounted("conflicting-codes", f"the codes name different opioids ({', '.join(opioids)})")
    return Identity(problem=problem, drug=" or ".join(opioids))


def _checked(found: Identity, text: str, drugs: Drugs) -> Identity:
    """The opioids of the ingredients, marked where the text names only others."""
    named = names.opioids_in(text, drugs) - {"opioid"}
    if not named or named & {opioid.name for opioid in found.opioids}:
        return found
    return replace(found, opioids=tuple(replace(each, certainty=TEXT_DISAGREES) for each in found.opioids))


def _beside_another(others: set[str], found: Identity | None, medication: Medication, drugs: Drugs) -> Identity:
    """What a medication is whose codes name other drugs and no opioid: acetaminophen's code on "Percocet 5-325 mg"."""
    concept, form = medication.concept, medication.form
    text = words(concept)
    named = names.opioids_in(text, drugs) - {"opioid"}
    if found is None and not named:
        return _of_atc(concept) or NO_OPIOID
    partners = names.partners_in(text, drugs)
    if drugs.antagonists & others and names.family(f"{text} {words(form)}") not in _WITH_ANTAGONIST:
        # Naloxone to be sprayed or injected is for rescue: the opioid named beside it is not in it.
        partners -= drugs.antagonists
    if found is not None:
        partners = partners.union(*(opioid.partners for opioid in found.opioids))
    if others <= partners:
        read = found or _of_text(concept, text, [], form, drugs)
        return replace(read, opioids=tuple(replace(each, certainty=PARTNER_CODED) for each in read.opioids))
    opioids = sorted(named.union(*({opioid.name} for opioid in found.opioids) if found else ()))
    problem = NotCounted(
        "conflicting-codes",
        f"the code names {', '.join(sorted(others))}, text or ingredients name {', '.join(opioids)}",
    )
    return Identity(problem=problem, drug=" or ".join(opioids))


def _of_products(products: list[Product], text: str, drugs: Drugs) -> Identity:
    distinct = {_opioid(product) for product in products}
    named = names.opioids_in(text, drugs) - {"opioid"}
    if len(distinct) == 1:
        opioid = distinct.pop()
        if named and opioid.name not in named:
            opioid = replace(opioid, certainty=TEXT_DISAGREES)
        return Identity((opioid,), drug=opioid.name)
    opioids = sorted({opioid.name for opioid in distinct})
    if len(opioids) == 1 and len({(opioid.mg, opioid.per, opioid.route) for opioid in distinct}) == 1:
        # Tablet beside capsule, ER beside IR: the dose is the same, and only that is certain.
        one = next(iter(distinct))
        release = one.release if len({opioid.release for opioid in distinct}) == 1 else ""
        form = one.form if len({opioid.form for opioid in distinct}) == 1 else ""
        merged = replace(one, form=form, release=release, partners=(), certainty="low: codes of different forms")
        return Identity((merged,), drug=one.name)
    shown = ", ".join(sorted(product.name for product in products)[:3])
    problem = NotCounted("conflicting-codes", f"the codes name different products ({shown})")
    return Identity(problem=problem, drug=" or ".join(opioids))


def _of_ingredient_code(products: list[Product], medication: Medication, text: str, drugs: Drugs) -> Identity:
    opioids = sorted({product.opioid for product in products})
    if len(opioids) > 1:
        problem = NotCounted("conflicting-codes", f"the codes name different opioids ({', '.join(opioids)})")
        return Identity(problem=problem, drug=" or ".join(opioids))
    said = names.read(text, drugs)
    if said is None or said.opioid != opioids[0]:
        other = names.opioids_in(text, drugs) - {"opioid", opioids[0]}
        opioid = Opioid(opioids[0], certainty=TEXT_DISAGREES if other else CODED)
    else:
        certainty = CODED if said.mg is None else "low: strength from the text"
        opioid = replace(_named(said), certainty=certainty)
    return Identity((_with_form(opioid, medication.form),), drug=opioids[0])


def _of_text(concept: Concept | None, text: str, ndcs: list[str], form: Concept | None, drugs: Drugs) -> Identity:
    found = names.opioids_in(text, drugs)
    if len(found) > 1:
        problem = NotCounted("drug-not-clear", "the text names several opioids")
        return Identity(problem=problem, drug=" or ".join(sorted(found)))
    if found == {"opioid"}:
        if names.only_purpose(text, drugs):
            return NO_OPIOID
        return Identity(
            problem=NotCounted("drug-not-clear", "an opioid, but the record does not say which"), drug="opioid"
        )
    if found:
        said = names.read(text, drugs)
        opioid = _named(said) if said else Opioid(next(iter(found)), certainty=NAME_ONLY)
        return Identity((_with_form(opioid, form),), drug=opioid.name)
    if (grouped := _of_atc(concept)) is not None:
        return grouped
    codings = concept.codings if concept else ()
    if text or any(_is(coding, (*_RXNORM, *_ATC)) and coding.code for coding in codings):
        return NO_OPIOID
    if ndcs:
        return Identity(
            problem=NotCounted("ndc-not-mapped", f"NDC {ndcs[0][:15]} is not in the site's crosswalk"),
            drug="unknown NDC",
        )
    return Identity(
        problem=NotCounted("drug-not-clear", "the medication has neither a name nor a code that can be read"),
        drug="unknown medication",
    )


def _of_atc(concept: Concept | None) -> Identity | None:
    codings = concept.codings if concept else ()
    if any(_is(coding, _ATC) and (coding.code or "").upper().startswith(_ATC_OPIOIDS) for coding in codings):
        return Identity(
            problem=NotCounted("drug-not-clear", "an ATC code of the opioids without a name"), drug="opioid"
        )
    return None


def _of_ingredients(ingredients: Iterable[Ingredient], form: Concept | None, drugs: Drugs) -> Identity | None:
    """The opioids among the ingredients, if their strengths are written; None if there is nothing to be had."""
    found: list[Opioid] = []
    partners: list[str] = []
    for ingredient in ingredients:
        concept = ingredient.concept
        codes = [coding.code or "" for coding in concept.codings if _is(coding, _RXNORM)] if concept else []
        text = words(concept)
        known = {drugs.products[code].opioid for code in codes if code in drugs.products}
        named = known or (names.opioids_in(text, drugs) - {"opioid"})
        if len(named) != 1:
            partners.append(
                " ".join([text.lower(), *(drugs.others[code].name for code in codes if code in drugs.others)])
            )
            continue
        if ingredient.is_active is False:
            continue
        opioid = Opioid(next(iter(named)), certainty=CODED if known else NAME_ONLY)
        found.append(_with_strength(opioid, ingredient))
    if not found:
        return None
    merged: dict[str, Opioid] = {}
    for opioid in found:
        before = merged.get(opioid.name)
        if before and before.mg is not None and opioid.mg is not None and before.per == opioid.per:
            # Two salts of one opioid in one product are its sum (4.5 + 0.38 mg of oxycodone).
            opioid = replace(opioid, mg=before.mg + opioid.mg)
        merged[opioid.name] = opioid
    cough = any(word in partner for word in drugs.cough_partners for partner in partners)
    known_partners = tuple(sorted(word for word in drugs.partners if any(word in partner for partner in partners)))
    done = tuple(
        _with_form(replace(opioid, partners=known_partners, cough_cold=cough), form) for opioid in merged.values()
    )
    return Identity(done, drug=", ".join(opioid.name for opioid in done))


def _with_strength(opioid: Opioid, ingredient: Ingredient) -> Opioid:
    ratio = ingredient.strength
    if ratio is None or ratio.numerator is None or ratio.numerator.value is None:
        return opioid
    try:
        top = unit(ratio.numerator)
        bottom = unit(ratio.denominator) if ratio.denominator else None
    except NotCounted:
        return opioid
    count = ratio.denominator.value if ratio.denominator and ratio.denominator.value is not None else Decimal(1)
    if top is None or top.kind != "mass" or top.per_kg or count <= 0:
        return opioid
    mg = ratio.numerator.value * top.scale
    if top.per_h:
        return replace(opioid, mg=mg, per="h", form="patch", route="transdermal")
    if bottom is None or bottom.kind == "count":
        per = "actuation" if bottom and bottom.word == "actuation" else "unit"
        form = bottom.word if bottom and bottom.word in ("tablet", "capsule", "film", "lozenge", "suppository") else ""
        return _with_route(replace(opioid, mg=mg / count, per=per, form=form))
    if bottom.kind == "volume":
        return replace(opioid, mg=mg / (count * bottom.scale), per="mL")
    if bottom.kind == "time":
        return replace(opioid, mg=mg / (count * bottom.scale), per="h", form="patch", route="transdermal")
    return opioid


def _with_form(opioid: Opioid, form: Concept | None) -> Opioid:
    """The opioid with what Medication.form adds."""
    text = words(form)
    if not text:
        return opioid
    said = names.family(text) or opioid.form
    release = names.extended(text) or opioid.release
    return _with_route(replace(opioid, form=said, release=release), text)


def _with_route(opioid: Opioid, text: str = "") -> Opioid:
    lower = text.lower()
    if any(word in lower for word in ("sublingual", "buccal", "mucosal")):
        return replace(opioid, route="transmucosal")
    if "nasal" in lower:
        return replace(opioid, route="nasal")
    if "inject" in lower or "infusion" in lower:
        return replace(opioid, route="parenteral", form="injection")
    return replace(opioid, route=names.ROUTES.get(opioid.form, opioid.route))


@lru_cache(maxsize=2048)
def _opioid(product: Product) -> Opioid:
    extended = product.form.startswith("Extended Release")
    return Opioid(
        name=product.opioid,
        mg=product.mg,
        per=product.per,
        form="patch" if product.per == "h" else names.family(product.form) or product.form.lower(),
        route=product.route,
        release="ER" if extended else "" if product.per == "h" else "IR",
        release_hours=product.release_hours,
        container_ml=product.container_ml,
        partners=tuple(partner.split(" ")[0] for partner in product.partners),
        cough_cold=product.cough_cold,
    )


def _named(said: names.Named) -> Opioid:
    return Opioid(
        name=said.opioid,
        mg=said.mg,
        per=said.per,
        form=said.form,
        route=said.route,
        release=said.release,
        partners=said.partners,
        cough_cold=said.cough_cold,
        certainty=NAME_ONLY,
    )


def _mapped(ndcs: Iterable[str], drugs: Drugs) -> tuple[str, ...]:
    mapped: list[str] = []
    for ndc in ndcs:
        hits = {drugs.ndc[form] for form in eleven_digits(ndc) if form in drugs.ndc}
        if len(hits) == 1:
            mapped.append(hits.pop())
    return tuple(mapped)


def _is(coding: Coding, systems: tuple[str, ...]) -> bool:
    system = (coding.system or "").lower().rstrip("/")
    return any(system.endswith(known) for known in systems)


def words(concept: Concept | None) -> str:
    """All words of a concept; duplicates once, so that one name told twice stays one name."""
    if concept is None:
        return ""
    texts = [concept.text, *(coding.display for coding in concept.codings)]
    return " ; ".join(dict.fromkeys(text.strip() for text in texts if text and text.strip()))

"""What a site may be called, from where it may call, and where its reports may go."""

import json

import pytest

from hub.errors import Refused
from hub.store.devices import add_device
from hub.store.site_copy import FILE, copied_sites
from hub.store.sites import add_site, bind_certificate, edit_site, parse_return_node, site_named


def test_a_title_that_another_site_has_is_refused_in_words(store):
    with store.writing() as session, pytest.raises(Refused, match="belongs to the site 'west'"):
        edit_site(site_named(session, "east"), ae_title="WEST1")


def test_a_site_may_keep_its_own_title(store):
    with store.writing() as session:
        edit_site(site_named(session, "east"), ae_title="EAST1", label="东镇")


@pytest.mark.parametrize("address", ["not an address!!", "10.0.0.1; ls", "x" * 65, "-host"])
def test_an_address_that_is_none_is_refused(store, address):
    with store.writing() as session, pytest.raises(Refused, match="no address"):
        edit_site(site_named(session, "east"), address=address)


@pytest.mark.parametrize("address", ["10.1.2.3", "10.1.2.0/24", "fd00::1", "clinic-1.example"])
def test_an_address_a_network_and_a_name_are_taken(store, address):
    with store.writing() as session:
        edit_site(site_named(session, "east"), address=address)
        assert site_named(session, "east").address == address


@pytest.mark.parametrize("name", ["", "   ", "x" * 65])
def test_a_name_that_fits_no_column_is_refused(store, name):
    with store.writing() as session, pytest.raises(Refused, match="characters"):
        add_site(session, name, "NEW1")


@pytest.mark.parametrize("title", ["", "   ", "SEVENTEEN_LETTERS", "BACK\\SLASH", "中文"])
def test_what_is_no_ae_title_is_refused(store, title):
    with store.writing() as session, pytest.raises(Refused, match="no AE title"):
        add_site(session, "new", title)


@pytest.mark.parametrize("node", ["AET", "AET@host", "AET@host:0", "AET@host:70000", "@host:104"])
def test_what_is_no_return_node_is_refused(node):
    with pytest.raises(Refused, match="no return node"):
        parse_return_node(node)


def test_every_change_of_a_site_is_in_the_copy_beside_the_database(store, settings):
    with store.writing() as session:
        edit_site(site_named(session, "east"), address="10.1.2.3")
    copied = copied_sites(settings.data_dir)
    assert set(copied) == {"east", "west"} and copied["east"]["address"] == "10.1.2.3"
    assert (settings.data_dir / FILE).stat().st_mode & 0o777 == 0o600


def test_a_change_that_was_rolled_back_is_not_in_the_copy(store, settings):
    with pytest.raises(ZeroDivisionError), store.writing() as session:
        edit_site(site_named(session, "east"), address="10.1.2.3")
        session.flush()
        raise ZeroDivisionError
    assert copied_sites(settings.data_dir)["east"]["address"] is None


def test_a_copy_that_is_torn_is_written_anew(store, settings):
    (settings.data_dir / FILE).write_text("[{")
    assert copied_sites(settings.data_dir) == {}
    store.copy_sites()
    assert set(copied_sites(settings.data_dir)) == {"east", "west"}


def test_a_copy_that_cannot_be_written_takes_no_change_back(store, settings):
    (settings.data_dir / FILE).unlink()
    (settings.data_dir / FILE).mkdir()
    with store.writing() as session:
        edit_site(site_named(session, "east"), address="10.1.2.3")
    with store.reading() as session:
        assert site_named(session, "east").address == "10.1.2.3"
    assert not list(settings.data_dir.glob(f"{FILE}.*")), "no half of a copy is left"


def test_a_new_site_is_refused_the_title_of_another_sites_device(store):
    with store.writing() as session:
        add_device(session, site_named(session, "west"), "WESTCT")
    with store.writing() as session, pytest.raises(Refused, match="belongs to the site 'west'"):
        add_site(session, "north", "WESTCT")


def test_the_copy_keeps_what_guards_a_site_and_how_it_reads(store, settings):
    with store.writing() as session:
        site = site_named(session, "east")
        bind_certificate(site, "ab" * 32)
        edit_site(site, character_set="GB18030", wants_availability=True)
        site.reader_first = True
    copied = copied_sites(settings.data_dir)["east"]
    assert copied["certificate"] == "ab" * 32
    assert (copied["character_set"], copied["wants_availability"], copied["reader_first"]) == (
        "GB18030",
        True,
        True,
    )


def test_a_copy_of_an_older_release_is_still_read(store, settings):
    path = settings.data_dir / FILE
    older = [
        {name: site[name] for name in site if name != "certificate"} for site in json.loads(path.read_text())
    ]
    path.write_text(json.dumps(older))
    assert set(copied_sites(settings.data_dir)) == {"east", "west"}

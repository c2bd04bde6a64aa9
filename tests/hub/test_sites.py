"""What a site may be called, from where it may call, and where its reports may go."""

import pytest

from hub.errors import Refused
from hub.store.sites import add_site, edit_site, parse_return_node, site_named


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

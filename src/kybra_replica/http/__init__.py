"""The replica over HTTP: the Internet Computer's public interface, and the page on which people call canisters by hand."""

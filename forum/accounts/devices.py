"""What kind of device a browser runs on: two words of closed sets, so that people recognise their own sessions.

A user agent itself is kept nowhere: it would tell one person from thousands.
"""

from dataclasses import dataclass
from enum import StrEnum

from forum.text.translate import gettext as _


class BrowserFamily(StrEnum):
    """Which browser, as people call it."""

    FIREFOX = "firefox"
    CHROME = "chrome"
    SAFARI = "safari"
    EDGE = "edge"
    OPERA = "opera"
    SAMSUNG = "samsung"
    OTHER = "other"


class SystemFamily(StrEnum):
    """What it runs on."""

    ANDROID = "android"
    IPHONE = "iphone"
    IPAD = "ipad"
    WINDOWS = "windows"
    MAC = "mac"
    CHROMEBOOK = "chromebook"
    LINUX = "linux"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Device:
    """A device family."""

    browser: BrowserFamily = BrowserFamily.OTHER
    system: SystemFamily = SystemFamily.OTHER


UNKNOWN_DEVICE = Device()

# Names of products: the same in every language.
_BROWSER_NAMES = {
    BrowserFamily.FIREFOX: "Firefox",
    BrowserFamily.CHROME: "Chrome",
    BrowserFamily.SAFARI: "Safari",
    BrowserFamily.EDGE: "Edge",
    BrowserFamily.OPERA: "Opera",
    BrowserFamily.SAMSUNG: "Samsung Internet",
}
# The first that is found counts: nearly every browser also names the ones it resembles.
_BROWSERS = (
    ("edg", BrowserFamily.EDGE),
    ("opr/", BrowserFamily.OPERA),
    ("opera", BrowserFamily.OPERA),
    ("samsungbrowser", BrowserFamily.SAMSUNG),
    ("firefox", BrowserFamily.FIREFOX),
    ("fxios", BrowserFamily.FIREFOX),
    ("crios", BrowserFamily.CHROME),
    ("chrome", BrowserFamily.CHROME),
    ("chromium", BrowserFamily.CHROME),
    ("safari", BrowserFamily.SAFARI),
)
_SYSTEMS = (
    ("windows", SystemFamily.WINDOWS),
    ("android", SystemFamily.ANDROID),
    ("iphone", SystemFamily.IPHONE),
    ("ipad", SystemFamily.IPAD),
    ("macintosh", SystemFamily.MAC),
    ("cros ", SystemFamily.CHROMEBOOK),
    ("linux", SystemFamily.LINUX),
)
# More of it is not looked at.
_LONGEST = 500


def device_of(user_agent: str) -> Device:
    """Return the family of the device that says this of itself. What it says is a hint, and proves nothing."""
    said = user_agent[:_LONGEST].lower()
    return Device(
        next((family for word, family in _BROWSERS if word in said), BrowserFamily.OTHER),
        next((family for word, family in _SYSTEMS if word in said), SystemFamily.OTHER),
    )


def say_device(device: Device) -> str:
    """Return a device in a few words, for the beginning of a line."""
    browser = _BROWSER_NAMES.get(device.browser) or _("A browser")
    said = {
        SystemFamily.ANDROID: _("%(browser)s on Android", browser=browser),
        SystemFamily.IPHONE: _("%(browser)s on an iPhone", browser=browser),
        SystemFamily.IPAD: _("%(browser)s on an iPad", browser=browser),
        SystemFamily.WINDOWS: _("%(browser)s on Windows", browser=browser),
        SystemFamily.MAC: _("%(browser)s on a Mac", browser=browser),
        SystemFamily.CHROMEBOOK: _("%(browser)s on a Chromebook", browser=browser),
        SystemFamily.LINUX: _("%(browser)s on Linux", browser=browser),
        SystemFamily.OTHER: _("%(browser)s on a device we can’t tell", browser=browser),
    }
    return said[device.system]

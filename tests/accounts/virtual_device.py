"""Chromium's own device with passkeys, which needs no finger: a page asks it as it would ask a real one."""

from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page


@dataclass(frozen=True, slots=True)
class VirtualDevice:
    """A device that every page of a tab can ask. It answers by itself."""

    developer_tools: CDPSession
    id: str

    def knows_its_person(self, *, yes: bool) -> None:
        """Let whoever holds the device be its person from now on, or not."""
        self.developer_tools.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": yes}
        )

    def passkeys(self) -> int:
        """Return how many passkeys it holds."""
        found = self.developer_tools.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return len(found["credentials"])


def plug_in(page: Page) -> VirtualDevice:
    """Give a tab a device without passkeys."""
    developer_tools = page.context.new_cdp_session(page)
    developer_tools.send("WebAuthn.enable")
    added = developer_tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return VirtualDevice(developer_tools, added["authenticatorId"])

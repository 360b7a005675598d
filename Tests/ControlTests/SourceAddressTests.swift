import Control
import Testing

@Suite struct SourceAddressTests {
  @Test(
    "What stands before the host and in a query is not shown, and nothing else is changed",
    arguments: [
      ("https://user:password@example.org/tree", "https://example.org/tree"),
      ("https://token@example.org:8080/a@b?c@d", "https://example.org:8080/a@b"),
      ("http://user:p@ss@example.org", "http://example.org"), ("http://@example.org", "http://example.org"),
      ("git+ssh://user@[::1]:22/", "git+ssh://[::1]:22/"), ("http://ü:ü@example.org/ü", "http://example.org/ü"),
      ("https://example.org/a?token=x#y", "https://example.org/a"),
      ("https://example.org?user@x", "https://example.org"),
    ])
  func hidden(location: String, shown: String) {
    #expect(SourceAddress.shown(location) == shown)
    #expect(SourceAddress.hasSecrets(location))
    #expect(!SourceAddress.hasSecrets(shown))
  }

  @Test("What an address leads to depends on its query, and not on who asks")
  func withoutUser() {
    #expect(SourceAddress.withoutUser("https://user:password@example.org/a?b=c@d") == "https://example.org/a?b=c@d")
    #expect(SourceAddress.withoutUser("/path@x") == "/path@x")
  }

  @Test(
    "What is no address, or has nothing to hide, stays as it is",
    arguments: [
      "", "/path/to@somewhere", "://user@host", "user@host:path", "https://example.org/user:password@x", "/a?b#c",
      "a b://user@host", "https:/user@host", "http://",
    ])
  func plain(location: String) {
    #expect(SourceAddress.shown(location) == location)
    #expect(SourceAddress.withoutUser(location) == location)
    #expect(!SourceAddress.hasSecrets(location))
  }
}

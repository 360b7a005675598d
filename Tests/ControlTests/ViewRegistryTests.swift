import Control
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@Suite struct ViewRegistryTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// A registry in the test's own directory.
  private func registry(_ base: String? = nil) -> ViewRegistry {
    ViewRegistry { name in
      switch name {
      case "XDG_STATE_HOME": base ?? directory.path
      case "HOME": "/home/somebody"
      default: nil
      }
    }
  }

  @Test("The registry lies in XDG_STATE_HOME, unless that is empty or relative")
  func place() {
    #expect(registry().directory == directory.path + "/projfs")
    let ordinary = registry("").directory
    #expect(ordinary == "/home/somebody/.local/state/projfs")
    #expect(ViewRegistry { _ in nil }.directory.hasSuffix("/.local/state/projfs"), "of the user's home, then")
    #expect(registry("relative/path").directory == ordinary)
  }

  @Test("Views are added, replaced and removed by their mountpoint, and listed by it")
  func entries() throws {
    let registry = registry()
    #expect(registry.entries().isEmpty)
    var expected: [String: ViewRegistry.Entry] = [:]
    for (mountpoint, state) in [("/b", "1"), ("/a", "2"), ("/a b/ü\n", "3"), ("/b", "4"), ("/x/a", "5"), ("/", "6")] {
      let entry = ViewRegistry.Entry(mountpoint: mountpoint, state: state)
      try registry.add(entry)
      expected[mountpoint] = entry
      #expect(registry.entries() == expected.values.sorted { $0.mountpoint < $1.mountpoint })
      #expect(registry.entry(for: mountpoint) == entry)
    }
    for mountpoint in ["/a", "/never there", "/a", "/"] {
      try registry.remove(mountpoint)
      expected[mountpoint] = nil
      #expect(registry.entry(for: mountpoint) == nil)
      #expect(registry.entries() == expected.values.sorted { $0.mountpoint < $1.mountpoint })
    }
  }

  @Test("A file that is no view hides no other view")
  func foreignFiles() throws {
    let registry = registry()
    let entry = ViewRegistry.Entry(mountpoint: "/a", state: "/state")
    try registry.add(entry)
    for (name, text) in [("broken.json", "{"), ("empty.json", ""), ("README", "x"), ("other.json", "[1]")] {
      try directory.write("projfs/views/\(name)", text)
    }
    #expect(registry.entries() == [entry])
  }

  @Test(
    "A view's file name is short, safe, the same every time, and another one for each mountpoint", arguments: 1...10)
  func names(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var mountpoints: Set<String> = ["/", "/a", "/a/", "/b/a"]
    for _ in 0..<200 {
      let length = Int.random(in: 1...80, using: &random)
      mountpoints.insert("/" + String((0..<length).map { _ in "ab/. ü\n-_0".randomElement(using: &random) ?? "a" }))
    }
    let names = mountpoints.map { ViewRegistry.viewName($0) }
    #expect(Set(names).count == mountpoints.count, "seed \(seed)")
    for name in names {
      #expect(name.utf8.count <= 60, "seed \(seed)")
      #expect(
        name.utf8.allSatisfy {
          $0 == 0x2d || $0 == 0x5f || Character(Unicode.Scalar($0)).isLetter || $0 >= 0x30 && $0 <= 0x39
        },
        "seed \(seed), \(name)")
      #expect(!name.hasPrefix("."), "seed \(seed)")
    }
    #expect(names == mountpoints.map { ViewRegistry.viewName($0) }, "seed \(seed)")
  }
}

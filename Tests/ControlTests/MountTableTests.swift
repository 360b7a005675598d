import TestSupport
import Testing

@testable import Control

@Suite struct MountTableTests {
  private func parse(_ text: String) -> [MountTable.Entry] { MountTable.parse(Array(text.utf8)) }

  private func line(mountpoint: String, type: String = "fuse.projfs", source: String = "/state", optional: String = "")
    -> String
  {
    "36 35 98:0 / \(mountpoint) rw,noatime \(optional)- \(type) \(source) rw,user_id=0\n"
  }

  @Test("Each mount is read with its place, type and source, in the order of the table")
  func lines() {
    let entries = parse(
      line(mountpoint: "/a") + line(mountpoint: "/b", type: "ext4", source: "/dev/vda1")
        + line(mountpoint: "/a", optional: "shared:1 master:2 "))
    #expect(entries.map(\.mountpoint) == ["/a", "/b", "/a"])
    #expect(entries.map(\.type) == ["fuse.projfs", "ext4", "fuse.projfs"])
    #expect(entries.map(\.source) == ["/state", "/dev/vda1", "/state"])
    #expect(entries.map(\.isView) == [true, false, true])
  }

  @Test(
    "What the kernel escaped is what it was",
    arguments: [
      ("/with\\040space", "/with space"), ("/tab\\011", "/tab\t"), ("/line\\012feed", "/line\nfeed"),
      ("/back\\134slash", "/back\\slash"), ("/\\134040", "/\\040"), ("/hash\\043", "/hash#"),
      ("/end\\", "/end\\"), ("/short\\04", "/short\\04"), ("/not\\089", "/not\\089"), ("/ü\\040ß", "/ü ß"),
      ("/-", "/-"),
    ])
  func escapes(escaped: String, path: String) {
    let entries = parse(line(mountpoint: escaped, source: escaped))
    #expect(entries.map(\.mountpoint) == [path])
    #expect(entries.map(\.source) == [path])
  }

  @Test("Any path that is escaped as the kernel does comes back", arguments: 1...20)
  func roundTrip(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let path = "/" + String((0..<30).map { _ in " \t\n\\#ab0-7é/".randomElement(using: &random) ?? "a" })
    let escaped = path.utf8.reduce(into: [UInt8]()) { result, byte in
      guard " \t\n\\#".utf8.contains(byte) else { return result.append(byte) }
      let digits = String(byte, radix: 8)
      result += Array(("\\" + String(repeating: "0", count: 3 - digits.utf8.count) + digits).utf8)
    }
    let table = Array("1 2 0:3 / ".utf8) + escaped + Array(" rw - fuse.projfs x rw".utf8)
    #expect(MountTable.parse(table).map(\.mountpoint) == [path], "seed \(seed)")
  }

  @Test(
    "A line that lacks fields is left out, and its neighbours are there",
    arguments: [
      "", " ", "36 35 98:0 / /a rw", "36 35 98:0 / /a rw - ext4", "36 35 98:0 / /a rw ext4 x rw", "-", "- - - - - -",
      "36 35 98:0 / /a rw -",
    ])
  func missingFields(broken: String) {
    #expect(parse(line(mountpoint: "/a") + broken + "\n" + line(mountpoint: "/b")).map(\.mountpoint) == ["/a", "/b"])
  }

  @Test("A mount without a source has an empty one")
  func emptySource() {
    #expect(parse("36 35 98:0 / /a rw - tmpfs  rw\n").map(\.source) == [""])
  }

  @Test("This process's own table has the root, and a place that is no view is none")
  func ownTable() {
    #expect(MountTable.entries().contains { $0.mountpoint == "/" })
    #expect(MountTable.view(at: "/proc") == nil)
    #expect(MountTable.view(containing: "/proc/self") == nil)
  }
}

import Provider
import TestSupport

/// One call of `DirectoryListing.append`.
struct AddedEntry: Equatable {
  var name: [UInt8]
  var kind: EntryKind
  var id: [UInt8]
  var permissions: UInt16
  var size: Int64?

  func add(to listing: inout DirectoryListing) {
    listing.append(name, kind, id: id, permissions: permissions, size: size)
  }
}

extension SeededRandom {
  /// Entries with everything that a provider could get wrong, among entries that are right.
  mutating func entries(_ count: Int) -> [AddedEntry] {
    (0..<count).map { _ in entry() }
  }

  private mutating func entry() -> AddedEntry {
    let idLengths = [0, 1, 20, 20, 20, 32, ContentID.maximumLength, ContentID.maximumLength + 1]
    return AddedEntry(
      name: name(), kind: EntryKind.allCases.randomElement(using: &self) ?? .file,
      id: bytes(idLengths.randomElement(using: &self) ?? 20),
      permissions: UInt16.random(in: 0...0o7777, using: &self),
      size: Bool.random(using: &self) ? Int64.random(in: -1...(1 << 40), using: &self) : nil)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
  }

  private mutating func name() -> [UInt8] {
    switch Int.random(in: 0..<20, using: &self) {
    case 0: return []
    case 1: return Array(".".utf8)
    case 2: return Array("..".utf8)
    case 3: return Array("a/b".utf8)
    case 4: return [0x61, 0, 0x62]
    case 5: return [UInt8](repeating: 0x78, count: 255)
    case 6: return [UInt8](repeating: 0x78, count: 256)
    // Any bytes at all: nearly always invalid UTF-8, sometimes with a slash or a NUL.
    case 7...9: return bytes(Int.random(in: 1...12, using: &self))
    // A tiny alphabet around the dot: duplicates, prefixes of each other, and names close to the reserved ones.
    default:
      let alphabet: [UInt8] = [0x2d, 0x2e, 0x61, 0x62, 0xff]
      return (0..<Int.random(in: 1...4, using: &self)).map { _ in alphabet.randomElement(using: &self) ?? 0x61 }
    }
  }
}

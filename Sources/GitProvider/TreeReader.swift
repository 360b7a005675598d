internal import Provider

/// Reads git's tree objects: `<octal mode> SP <name> NUL <20 bytes of object id>`, again and again.
enum TreeReader {
  /// The tree without entries, which git knows without storing it; a submodule is shown as this directory.
  static let emptyTree: [UInt8] = [
    0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88, 0xfb, 0xee, 0x49,
    0x04,
  ]

  /// The length of an object id in bytes.
  static let idLength = 20

  /// The entries of a raw tree. Names that git itself refuses to check out are rejected in the listing.
  ///
  /// Throws `damaged` where the bytes are no tree.
  static func listing(_ tree: UnsafeRawBufferPointer, name: [UInt8]) throws(ProviderError) -> DirectoryListing {
    // An entry takes its mode, a space, a NUL, its name and its id; the last two are what the listing keeps.
    var listing = DirectoryListing(entries: tree.count / 32, bytes: tree.count)
    var position = 0
    while position < tree.count {
      var mode: UInt32 = 0
      // As git has it: a mode has at least one digit.
      guard tree[position] != UInt8(ascii: " ") else { throw damaged(name) }
      while position < tree.count, tree[position] != UInt8(ascii: " ") {
        let digit = tree[position] &- UInt8(ascii: "0")
        guard digit < 8, mode < 0o1_000_000 else { throw damaged(name) }
        mode = mode << 3 | UInt32(digit)
        position += 1
      }
      let nameStart = position + 1
      var nameEnd = nameStart
      while nameEnd < tree.count, tree[nameEnd] != 0 { nameEnd += 1 }
      let idStart = nameEnd + 1
      guard idStart + idLength <= tree.count else { throw damaged(name) }
      position = idStart + idLength
      append(mode, UnsafeRawBufferPointer(rebasing: tree[nameStart..<nameEnd]), tree[idStart..<position], to: &listing)
    }
    return listing
  }

  private static func append(
    _ mode: UInt32, _ name: UnsafeRawBufferPointer, _ id: Slice<UnsafeRawBufferPointer>,
    to listing: inout DirectoryListing
  ) {
    if isGitDirectory(name) { return listing.reject(name, "git refuses to check out a '.git'") }
    // As git reads modes: the type decides, and of the permissions only the owner's execute bit (canon_mode in cache.h).
    switch mode & 0o170000 {
    case 0o100000:
      listing.append(name, .file, id: id, permissions: mode & 0o100 == 0 ? 0o666 : 0o777, size: nil)
    case 0o120000:
      listing.append(name, .symbolicLink, id: id, permissions: 0o777, size: nil)
    case 0o040000:
      listing.append(name, .directory, id: id, permissions: 0o777, size: nil)
    default:
      listing.append(name, .directory, id: emptyTree, permissions: 0o777, size: nil)
    }
  }

  /// git refuses `.git` in any case, whatever the file system (verify_dotfile in read-cache.c).
  private static func isGitDirectory(_ name: UnsafeRawBufferPointer) -> Bool {
    // Only letters have a case: 0x0e differs from the dot by the same bit.
    name.count == 4 && zip(name, ".git".utf8).allSatisfy { $0 == $1 || $0 > 0x40 && $0 | 0x20 == $1 }
  }

  private static func damaged(_ name: [UInt8]) -> ProviderError {
    .damaged("object \(hexadecimal(name)) is not a readable tree")
  }
}

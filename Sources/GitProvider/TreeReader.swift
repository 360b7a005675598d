internal import Provider

/// Reads git's tree objects: `<octal mode> SP <name> NUL <20 bytes of object id>`, again and again.
enum TreeReader {
  /// The tree without entries, which git knows without storing it; a submodule is shown as this directory.
  static let emptyTree: [UInt8] = [
    0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88, 0xfb, 0xee, 0x49,
    0x04,
  ]

  /// The length of an object id, in bytes.
  static let idLength = 20

  /// One entry of a raw tree.
  struct Entry {
    let mode: UInt32
    let name: UnsafeRawBufferPointer
    let id: UnsafeRawBufferPointer

    /// What the entry is; nil for a submodule.
    var kind: EntryKind? {
      switch mode & 0o170000 {
      case 0o100000: .file
      case 0o120000: .symbolicLink
      case 0o040000: .directory
      default: nil
      }
    }

    /// Whether the entry says how files are converted. As a checkout does, this takes a symbolic link for a file whose
    /// text is the target.
    var isAttributesFile: Bool {
      name.count == 14 && (kind == .file || kind == .symbolicLink) && name.elementsEqual(".gitattributes".utf8)
    }
  }

  /// The entries of a raw tree, as they are stored; `attributesFile` is set to the blob of its `.gitattributes`.
  ///
  /// Throws `damaged` where the bytes are no tree.
  static func listing(
    _ tree: UnsafeRawBufferPointer, name: [UInt8], attributesFile: inout [UInt8]?
  ) throws(ProviderError) -> DirectoryListing {
    var found: [UInt8]?
    // An entry takes its mode, a space, a NUL, its name and its id; the last two are what the listing keeps.
    var listing = DirectoryListing(entries: tree.count / 32, bytes: tree.count)
    try forEachEntry(of: tree, name: name) { entry throws(ProviderError) in
      if found == nil, entry.isAttributesFile { found = Array(entry.id) }
      append(entry, id: entry.id, to: &listing)
    }
    attributesFile = found
    return listing
  }

  /// The entries of a raw tree whose files are converted as `context` says.
  static func listing(
    _ tree: UnsafeRawBufferPointer, name: [UInt8], in context: AttributeContext, of contexts: AttributeContexts
  ) throws(ProviderError) -> DirectoryListing {
    var finder = ConversionFinder(context)
    let idRoom = AttributeContexts.nameLength * tree.count / 32
    var listing = DirectoryListing(entries: tree.count / 32, bytes: tree.count + idRoom)
    try forEachEntry(of: tree, name: name) { entry throws(ProviderError) in
      switch entry.kind {
      case .file:
        let conversion = finder.conversion(of: entry.name)
        if conversion == .none {
          append(entry, id: entry.id, to: &listing)
        } else {
          BlobName.id(blob: entry.id, conversion).withUnsafeBytes { append(entry, id: $0, to: &listing) }
        }
      case .directory:
        let inner = try contexts.context(in: context, subdirectory: entry.name)
        AttributeContexts.id(tree: entry.id, in: inner).withUnsafeBytes { append(entry, id: $0, to: &listing) }
      default: append(entry, id: entry.id, to: &listing)
      }
    }
    return listing
  }

  private static func forEachEntry(
    of tree: UnsafeRawBufferPointer, name: [UInt8], _ body: (Entry) throws(ProviderError) -> Void
  ) throws(ProviderError) {
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
      try body(
        Entry(
          mode: mode, name: UnsafeRawBufferPointer(rebasing: tree[nameStart..<nameEnd]),
          id: UnsafeRawBufferPointer(rebasing: tree[idStart..<position])))
    }
  }

  /// Names that git itself refuses to check out are rejected in the listing.
  private static func append(_ entry: Entry, id: UnsafeRawBufferPointer, to listing: inout DirectoryListing) {
    let name = entry.name
    if isGitDirectory(name) { return listing.reject(name, "git refuses to check out a '.git'") }
    // As git reads modes: the type decides, and of the permissions only the owner's execute bit (canon_mode in cache.h).
    switch entry.kind {
    case .file:
      listing.append(raw: name, .file, id: id, permissions: entry.mode & 0o100 == 0 ? 0o666 : 0o777, size: nil)
    case .symbolicLink, .directory:
      listing.append(raw: name, entry.kind ?? .directory, id: id, permissions: 0o777, size: nil)
    case nil:
      emptyTree.withUnsafeBytes { listing.append(raw: name, .directory, id: $0, permissions: 0o777, size: nil) }
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

internal import Provider

/// What the provider has in one directory, as far as it is known.
///
/// What was listed at once is whole, and sorted by the bytes of its names. What comes by pages, and name by name as somebody
/// looks, has its entries in the order in which they came. Either way an entry's place never changes: it stands for the
/// entry in the inode table, in what lies over it, and for those who go on reading the directory.
struct ProvidedEntries: Sendable {
  private var entries: DirectoryListing
  /// Where names are, in entries that are not sorted.
  private var index: NameIndex?
  /// What is not known; nil where all is.
  private(set) var rest: Rest?

  /// What is not known of a directory.
  struct Rest: Sendable {
    /// How many pages have come.
    fileprivate(set) var pages = 0
    /// Where the next page begins.
    fileprivate(set) var cursor: ListingCursor?
    /// How many pages in a row had nothing new.
    fileprivate var emptyPages = 0
    /// For each place whether its entry came by name, and no page has had it yet; what is not in it was in a page.
    fileprivate var unlisted: [Bool] = []
    /// Names that the provider does not have.
    fileprivate var absent = AbsentNames()

    fileprivate mutating func noteUnlisted(_ place: Int) {
      unlisted.append(contentsOf: repeatElement(false, count: place - unlisted.count))
      unlisted.append(true)
    }

    fileprivate mutating func takeUnlisted(_ place: Int) -> Bool {
      guard place < unlisted.count, unlisted[place] else { return false }
      unlisted[place] = false
      return true
    }
  }

  /// An empty directory.
  init() {
    entries = DirectoryListing()
  }

  /// All entries of a directory, in any order. Of names that are one, the first stays.
  init(_ listing: consuming DirectoryListing, _ folding: NameFolding?) {
    guard let folding else {
      entries = listing.sorted()
      return
    }
    entries = DirectoryListing()
    var index = NameIndex(folding)
    for place in 0..<listing.count { Self.append(place, of: listing, to: &entries, &index) }
    for rejection in listing.rejections { entries.reject(rejection.name, rejection.reason) }
    entries.shrink()
    self.index = index
  }

  /// A directory of which nothing is known yet.
  static func unknown(_ folding: NameFolding?) -> ProvidedEntries {
    var entries = ProvidedEntries()
    entries.index = NameIndex(folding)
    entries.rest = Rest()
    return entries
  }

  /// Whether all entries are known.
  var isWhole: Bool { rest == nil }

  /// Whether it is known what the provider has under a name.
  func isKnown(_ name: [UInt8], _ folding: NameFolding?) -> Bool {
    guard let rest else { return true }
    return place(of: name) != nil || rest.absent.contains(folding.folded(name))
  }

  /// The place of a name that is known to be there.
  func place(of name: [UInt8]) -> Int? {
    if let index { return index.place(of: name, in: entries) }
    return name.withUnsafeBytes { entries.index(of: $0) }
  }

  // MARK: - What comes

  /// Takes what the provider has under a name.
  mutating func learn(_ entry: DirectoryEntry?, named name: [UInt8], _ folding: NameFolding?) {
    guard rest != nil, !isKnown(name, folding) else { return }
    if let entry {
      let count = entries.count
      entries.append(entry)
      if entries.count > count, index?.addLast(of: entries) == true {
        rest?.noteUnlisted(count)
        return
      }
    }
    rest?.absent.insert(folding.folded(name))
  }

  /// Takes the next page, but for names that were said to be absent and that `isTaken` by somebody else since. Throws
  /// where the listing never ends.
  mutating func learn(_ page: ListingPage, _ isTaken: ([UInt8]) -> Bool) throws(ProviderError) {
    // Taken out and put back, so that they are changed in place and never copied.
    guard var rest = rest.take(), var index = index.take() else { return }
    let listing = page.entries
    var isNew = false
    for place in 0..<listing.count {
      let name = listing.name(at: place)
      if let known = index.place(of: name, in: entries), rest.takeUnlisted(known) {
        isNew = true
      } else if isTaken(name) {
        entries.reject(name, "the provider said that there is no such name")
      } else {
        isNew = Self.append(place, of: listing, to: &entries, &index) || isNew
      }
    }
    for rejection in listing.rejections { entries.reject(rejection.name, rejection.reason) }
    self.index = index
    guard page.next != nil else { return entries.shrink() }
    rest.emptyPages = isNew ? 0 : rest.emptyPages + 1
    guard rest.emptyPages <= ListingPage.mostEmptyInARow else {
      self.rest = rest
      throw .damaged("\(rest.emptyPages) pages of a listing with nothing new, and no end")
    }
    rest.pages += 1
    rest.cursor = page.next
    self.rest = rest
  }

  /// Takes everything that was not known.
  mutating func complete(
    _ listing: consuming DirectoryListing, _ folding: NameFolding?, _ isTaken: ([UInt8]) -> Bool
  ) throws(ProviderError) {
    guard let rest else { return }
    if entries.isEmpty, rest.absent.isEmpty {
      self = ProvidedEntries(listing, folding)
    } else {
      try learn(ListingPage(entries: listing, next: nil), isTaken)
    }
  }

  /// Names that were left out since this was asked last, and why.
  mutating func takeRejections() -> [DirectoryListing.Rejection] { entries.takeRejections() }

  /// Appends an entry of another listing, unless its name is there.
  @discardableResult
  private static func append(
    _ place: Int, of listing: DirectoryListing, to entries: inout DirectoryListing, _ index: inout NameIndex
  ) -> Bool {
    let name = listing.name(at: place)
    if let known = index.place(of: name, in: entries) {
      let isSame = entries.withName(at: known) { $0.elementsEqual(name) }
      entries.reject(name, isSame ? "the same name twice" : "another name differs in case only")
      return false
    }
    let count = entries.count
    entries.append(at: place, of: listing)
    return entries.count > count && index.addLast(of: entries)
  }

  // MARK: - Names that are in use

  /// Keeps what is known of a name until `release`. False where nothing is known of it.
  mutating func keep(_ name: [UInt8], isAbsent: Bool, _ folding: NameFolding?) -> Bool {
    guard rest != nil, place(of: name) == nil else { return true }
    return rest?.absent.keep(folding.folded(name), isAbsent: isAbsent) ?? true
  }

  /// Ends a `keep`.
  mutating func release(_ name: [UInt8], _ folding: NameFolding?) {
    rest?.absent.release(folding.folded(name))
  }
}

extension ProvidedEntries {
  /// All of them, sorted: the same as what was given, where that was sorted.
  var sorted: DirectoryListing { index == nil ? entries : entries.sorted() }

  /// How many entries are known.
  var count: Int { entries.count }

  /// The name at a place.
  func name(at place: Int) -> [UInt8] { entries.name(at: place) }

  /// The name at a place, valid inside `body`.
  func withName<Result>(at place: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try entries.withName(at: place, body)
  }

  /// The entry at a place.
  func entry(at place: Int) -> DirectoryEntry {
    DirectoryEntry(
      name: name(at: place), kind: kind(at: place), id: content(at: place).bytes, permissions: permissions(at: place),
      size: size(at: place))
  }

  /// What the entry at a place is.
  func kind(at place: Int) -> EntryKind { entries.kind(at: place) }

  /// The permission bits of the entry at a place.
  func permissions(at place: Int) -> UInt16 { entries.permissions(at: place) }

  /// The size in bytes of the entry at a place, where it is known.
  func size(at place: Int) -> Int64? { entries.size(at: place) }

  /// Remembers a size.
  mutating func setSize(_ size: Int64, at place: Int) { entries.setSize(size, at: place) }

  /// The ID of the file or symbolic link at a place.
  func content(at place: Int) -> ContentID { entries.content(at: place) }

  /// The ID of the directory at a place.
  func directory(at place: Int) -> DirectoryID { entries.directory(at: place) }
}

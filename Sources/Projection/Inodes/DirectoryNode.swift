internal import Provider
internal import Synchronization

/// One directory that somebody has looked at: the provider's listing, and what the local tree has over it.
///
/// A directory is virtual (no local directory), merged (a local directory over the provider's one) or full (the user's;
/// nothing of the provider's shows through). Places in the listing are fixed, so one names an entry for as long as the
/// directory is known.
package final class DirectoryNode: Sendable {
  /// The node.
  package let node: NodeID
  /// The place in the inode table.
  let slot: UInt32
  /// The number that stat(2) shows, from which the numbers of the provider's entries are made.
  package var inode: UInt64 { number.load(ordering: .relaxed) }
  /// The permission bits that the provider gives it.
  let permissions: UInt16

  // Lock 2 of 3, after the namespace's. May take: the inode table's, and those of directories below. Local disk
  // operations happen under it.
  private let state: Mutex<DirectoryState>
  private let number: Atomic<UInt64>

  init(
    node: NodeID, inode: UInt64, origin: DirectoryID?, permissions: UInt16, isLocal: Bool, folding: NameFolding? = nil
  ) {
    self.node = node
    slot = node.slot ?? 0
    number = Atomic(inode)
    self.permissions = permissions
    state = Mutex(DirectoryState(origin: origin, isLocal: isLocal, folding: folding))
  }

  /// Whether everything is known of what the local tree has, and of the provider's either everything too, or more than
  /// `count` entries.
  func isLoaded(beyond count: Int) -> Bool {
    state.withLock { state in
      guard let listing = state.listing, state.names != nil else { return false }
      return listing.isWhole || listing.count > count
    }
  }

  /// Runs `body` with the directory's lock held.
  func withState<Result: ~Copyable>(
    _ body: (inout DirectoryState) throws(ProjectionError) -> Result
  ) throws(ProjectionError) -> Result {
    try state.withLock { state throws(ProjectionError) in try body(&state) }
  }

  /// Changes the number, because what was the user's is the provider's again.
  func setInode(_ inode: UInt64) {
    number.store(inode, ordering: .relaxed)
  }

  /// Notes that it has lost its name. `handle` is the only way to its local directory, if it has one.
  func noteRemoved(keeping handle: DirectoryHandle?) {
    state.withLock { state in
      state.isRemoved = true
      state.handle = handle
    }
  }

  /// Runs `body` with the directory's lock held.
  func withState<Result>(_ body: (inout DirectoryState) -> Result) -> Result {
    state.withLock { state in body(&state) }
  }

  /// Notes that `thread` listed the directory without its files' attributes.
  func setBareLister(_ thread: UInt32) {
    state.withLock { $0.bareLister = thread }
  }

  /// Who listed the directory without its files' attributes, if somebody did; asked once.
  func takeBareLister() -> UInt32? {
    state.withLock { $0.bareLister.take() }
  }

  /// Runs `body` on the provider's listing, or returns nil where nothing of it was read yet.
  func withListing<Result>(
    _ body: (inout ProvidedEntries) throws(ProjectionError) -> Result
  ) throws(ProjectionError) -> Result? {
    try state.withLock { state throws(ProjectionError) in
      // Taken out and put back, so that it is changed in place and never copied.
      guard var listing = state.listing.take() else { return nil }
      defer { state.listing = listing }
      return try body(&listing)
    }
  }
}

/// What is known of a directory.
struct DirectoryState: Sendable {
  /// What the provider calls it; nil where nothing of the provider's shows through.
  var origin: DirectoryID?
  /// What the provider has in it, once something of it was read; empty where nothing shows through.
  var listing: ProvidedEntries?
  /// Whether the local tree has a directory for it.
  var isLocal: Bool
  /// Grows with each reason to doubt a listing that is under way: it is not kept then.
  var doubts: UInt64 = 0
  /// What the local tree has in it, once it was read.
  var names: LocalNames?
  /// The open local directory; let go when too many are open.
  var handle: DirectoryHandle?
  /// Whether it carries the provider's ID for what shows through it, because it left its place.
  var isMoved = false
  /// Whether it was removed while somebody still uses it.
  var isRemoved = false
  /// Whether this server made the local directory, and nobody has made sure that it is on the disk.
  var isUnsynced = false
  /// A change of the local directory that is nobody's business.
  var hiddenChange: HiddenChange?
  /// Its path when directories had been moved so many times.
  var path: (version: UInt64, bytes: [UInt8])?
  /// Who listed it without getting its files' attributes.
  var bareLister: UInt32?
  /// Which spellings are one name; nil where each is its own.
  let folding: NameFolding?

  init(origin: DirectoryID?, isLocal: Bool, folding: NameFolding? = nil) {
    self.origin = origin
    self.isLocal = isLocal
    self.folding = folding
    if origin == nil { listing = ProvidedEntries() }
    if !isLocal { names = LocalNames(folding) }
  }

  /// What a name stands for.
  enum Found: Equatable {
    /// Nobody has asked the provider, or read the local directory.
    case unknown
    /// Nothing.
    case absent
    /// A provider's name that is gone.
    case tombstone(NameKey)
    /// What the provider has.
    case provided(NameKey)
    /// An entry of the local directory.
    case local(NameKey, LocalNames.Entry)
  }

  /// What `name` stands for, however it is spelled.
  func find(_ name: [UInt8]) -> Found {
    guard let listing, let names else { return .unknown }
    if let place = listing.place(of: name) { return found(NameKey(provided: place)) }
    if let key = names.key(of: name), let entry = names.entry(key) { return .local(key, entry) }
    return listing.isKnown(name, folding) ? .absent : .unknown
  }

  /// The place of a name that stands for something, as far as that is known.
  func key(of name: [UInt8]) -> NameKey? {
    switch find(name) {
    case .unknown, .absent, .tombstone: nil
    case .provided(let key), .local(let key, _): key
    }
  }

  /// Keeps what is known of a name until `release`: `find` has an answer for so long. False where nothing is known.
  mutating func keep(_ name: [UInt8]) -> Bool {
    guard let names, listing != nil else { return false }
    return listing?.keep(name, isAbsent: names.key(of: name) != nil, folding) ?? false
  }

  /// What the provider is asked about: an answer counts while this is the same.
  struct Asked: Equatable, Sendable {
    let origin: DirectoryID
    let doubts: UInt64
  }

  /// What the provider is to be asked about, if anything.
  var asked: Asked? { origin.map { Asked(origin: $0, doubts: doubts) } }

  /// Takes the next page, which is the last one where it has everything.
  mutating func learn(_ page: ListingPage, isEverything: Bool = false) throws(ProviderError) {
    let names = self.names
    let isTaken = { (name: [UInt8]) in names?.key(of: name) != nil }
    if listing == nil { listing = .unknown(folding) }
    if isEverything {
      try listing?.complete(page.entries, folding, isTaken)
    } else {
      try listing?.learn(page, isTaken)
    }
  }

  /// Ends a `keep`.
  mutating func release(_ name: [UInt8]) {
    listing?.release(name, folding)
  }

  /// What the name at a place stands for.
  func found(_ key: NameKey) -> Found {
    guard let names else { return .absent }
    if let entry = names.entry(key) { return .local(key, entry) }
    guard key.providedIndex != nil else { return .absent }
    return names.tombstones.contains(key.rawValue) ? .tombstone(key) : .provided(key)
  }

  /// The name at a place, as it is spelled.
  func name(_ key: NameKey) -> [UInt8]? {
    if let slot = key.localSlot { return names?.own(slot)?.name }
    guard let listing, let index = key.providedIndex, index < listing.count else { return nil }
    return names?.spelling(key) ?? listing.name(at: index)
  }

  /// Whether nothing is shown in it; nil where not enough is known.
  var isEmpty: Bool? {
    guard let listing, let names else { return nil }
    guard names.ownCount == 0, names.covered.isEmpty, names.tombstones.count == listing.count else { return false }
    return listing.isWhole ? true : nil
  }

  /// Notes a local entry at `name`, new or in the place of whatever the name stood for. It is spelled so from now on.
  mutating func put(_ name: [UInt8], _ entry: LocalNames.Entry) -> NameKey {
    if let listing, let index = listing.place(of: name) {
      let key = NameKey(provided: index)
      names?.set(key, entry)
      spell(key, name)
      return key
    }
    if let key = names?.key(of: name) {
      names?.set(key, entry)
      spell(key, name)
      return key
    }
    return names?.insert(name, entry) ?? NameKey(local: 0)
  }

  /// Notes how what the local directory has at a place is spelled.
  mutating func spell(_ key: NameKey, _ name: [UInt8]) {
    // Where names are as they are spelled, there is one way only.
    guard folding != nil else { return }
    let isProvided = key.providedIndex.flatMap { listing?.name(at: $0) } == name
    names?.spell(key, isProvided ? nil : name)
  }
}

/// A change of a local inode that users must not see: its time of change is shown as it was before.
struct HiddenChange: Sendable {
  /// The time that the disk has.
  var actual: TimeStamp
  /// The time that is shown in its place.
  var shown: TimeStamp
}

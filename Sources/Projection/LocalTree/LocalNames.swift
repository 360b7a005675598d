/// What the local tree has in one directory: names of its own, and what lies over the provider's names.
///
/// A copy in memory of what a listing of the local directory says, changed together with it. It knows names, kinds and
/// numbers; everything else of an entry is asked of the disk.
struct LocalNames: Sendable {
  /// An entry of the local directory that is shown.
  struct Entry: Sendable, Equatable {
    /// What it is.
    var kind: FileKind
    /// The number that stat(2) shows.
    var inode: UInt64
  }

  /// A name that the provider does not have.
  struct Own: Sendable {
    var name: [UInt8]
    /// Grows with every name, so that a listing goes on where it stopped while names come and go.
    let cookie: UInt64
    var entry: Entry
  }

  /// The provider's names that are covered by a local entry, by their place in its listing.
  private(set) var covered: [UInt32: Entry] = [:]
  /// The provider's names that are gone, by their place in its listing.
  private(set) var tombstones: Set<UInt32> = []

  /// How the local directory spells the provider's names, where otherwise than the provider.
  private var spellings: [UInt32: [UInt8]] = [:]
  private let folding: NameFolding?

  /// By what all spellings of a name have in common.
  private var places: [[UInt8]: UInt32] = [:]
  private var own: [Own?] = []
  private var free: [UInt32] = []
  /// Places in the order of their cookies; a place whose cookie is another one is void.
  private var order: [(cookie: UInt64, place: UInt32)] = []
  private var lastCookie: UInt64 = 0

  /// No names yet; those that `folding` makes the same are one.
  init(_ folding: NameFolding? = nil) {
    self.folding = folding
  }

  /// How many names the provider does not have.
  var ownCount: Int { places.count }

  /// Whether nothing is here that is shown or hides something.
  var isEmpty: Bool { covered.isEmpty && tombstones.isEmpty && places.isEmpty }

  /// The place of a name that the provider does not have.
  func key(of name: [UInt8]) -> NameKey? {
    places[folding.folded(name)].map { NameKey(local: Int($0)) }
  }

  /// The name at a place.
  func own(_ slot: Int) -> Own? { slot < own.count ? own[slot] : nil }

  /// The entry at a place, if there is one.
  func entry(_ key: NameKey) -> Entry? {
    if let slot = key.localSlot { return own(slot)?.entry }
    return covered[key.rawValue]
  }

  /// How the local directory spells one of the provider's names; nil where as the provider does.
  func spelling(_ key: NameKey) -> [UInt8]? { spellings.isEmpty ? nil : spellings[key.rawValue] }

  /// Notes how a name is spelled in the local directory; nil, where it is the provider's, as that does.
  mutating func spell(_ key: NameKey, _ name: [UInt8]?) {
    guard let slot = key.localSlot else {
      spellings[key.rawValue] = name
      return
    }
    if let name, slot < own.count { own[slot]?.name = name }
  }

  /// Adds a name that the provider does not have.
  mutating func insert(_ name: [UInt8], _ entry: Entry) -> NameKey {
    lastCookie += 1
    let place: UInt32
    if let reused = free.popLast() {
      place = reused
    } else {
      place = UInt32(own.count)
      own.append(nil)
    }
    own[Int(place)] = Own(name: name, cookie: lastCookie, entry: entry)
    places[folding.folded(name)] = place
    order.append((lastCookie, place))
    return NameKey(local: Int(place))
  }

  /// Puts an entry in the place of the one that a known name has, or over the provider's.
  mutating func set(_ key: NameKey, _ entry: Entry) {
    if let slot = key.localSlot {
      if slot < own.count { own[slot]?.entry = entry }
    } else {
      tombstones.remove(key.rawValue)
      covered[key.rawValue] = entry
    }
  }

  /// Removes a name for good, or hides the provider's.
  mutating func remove(_ key: NameKey) {
    guard let slot = key.localSlot else {
      covered.removeValue(forKey: key.rawValue)
      tombstones.insert(key.rawValue)
      return
    }
    guard slot < own.count, let gone = own[slot] else { return }
    places.removeValue(forKey: folding.folded(gone.name))
    own[slot] = nil
    free.append(UInt32(slot))
    compact()
  }

  /// Shows the provider's entry again.
  mutating func uncover(_ key: NameKey) {
    spellings.removeValue(forKey: key.rawValue)
    covered.removeValue(forKey: key.rawValue)
    tombstones.remove(key.rawValue)
  }

  /// Calls `body` for the own names behind `cookie`, in the order in which they came, until it returns false.
  func forEachOwn(
    after cookie: UInt64, _ body: (NameKey, Own) throws(ProjectionError) -> Bool
  ) throws(ProjectionError) {
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      if order[middle].cookie <= cookie { low = middle + 1 } else { high = middle }
    }
    for (cookie, place) in order[low...] {
      guard let name = own[Int(place)], name.cookie == cookie else { continue }
      guard try body(NameKey(local: Int(place)), name) else { return }
    }
  }

  /// Forgets void places when they are the most.
  private mutating func compact() {
    guard order.count > 2 * places.count + 64 else { return }
    order.removeAll { own[Int($0.place)]?.cookie != $0.cookie }
  }
}

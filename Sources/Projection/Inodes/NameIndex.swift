internal import Provider

/// The places of names in a listing that is not sorted: five to eleven bytes a name.
///
/// A hash table of places, with the names in the listing. Names are only added.
struct NameIndex: Sendable {
  /// Another one for each process: a provider must not be able to choose names that meet.
  private static let hash = InodeNumbers(key: .random(in: .min ... .max))

  /// 0: free; otherwise one more than a place. As many as a power of two.
  private var slots: [UInt32] = []
  private var count = 0
  private let folding: NameFolding?

  init(_ folding: NameFolding?) {
    self.folding = folding
  }

  /// The place of a name, however it is spelled.
  func place(of name: [UInt8], in listing: DirectoryListing) -> Int? {
    guard !slots.isEmpty else { return nil }
    let place = slots[slot(of: folding.folded(name), in: listing)]
    return place == 0 ? nil : Int(place) - 1
  }

  /// Adds the last entry of a listing, whose other entries are in the index, unless its name is there. Returns whether.
  mutating func addLast(of listing: DirectoryListing) -> Bool {
    if (count + 1) * 4 > slots.count * 3 { grow(listing) }
    let slot = slot(of: folding.folded(listing.name(at: listing.count - 1)), in: listing)
    guard slots[slot] == 0 else { return false }
    slots[slot] = UInt32(listing.count)
    count += 1
    return true
  }

  private mutating func grow(_ listing: DirectoryListing) {
    slots = [UInt32](repeating: 0, count: max(16, slots.count * 2))
    for place in 0..<count {
      // All names are different.
      var slot = home(of: folding.folded(listing.name(at: place)))
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(place + 1)
    }
  }

  /// Where a name is, or would be.
  private func slot(of folded: [UInt8], in listing: DirectoryListing) -> Int {
    var slot = home(of: folded)
    while slots[slot] != 0 {
      let place = Int(slots[slot]) - 1
      let isSame =
        folding == nil
        ? listing.withName(at: place) { $0.elementsEqual(folded) } : folding.folded(listing.name(at: place)) == folded
      if isSame { break }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private func home(of folded: [UInt8]) -> Int {
    Int(truncatingIfNeeded: folded.withUnsafeBytes { Self.hash.number(of: $0, in: 0) }) & (slots.count - 1)
  }
}

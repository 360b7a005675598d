/// The number by which the kernel knows an inode: 1 is the root; others are given out at lookup.
///
/// The lower half is a place in the inode table, which is given out again after the kernel forgot the node; the upper half
/// tells its users apart, so that what is late for one does not reach the next.
package struct NodeID: Hashable, Sendable {
  /// The kernel's number.
  package let rawValue: UInt64

  /// Any number, known or not.
  package init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// The root of the view.
  package static let root = NodeID(rawValue: 1)

  /// The user number `generation` of a place in the inode table.
  init(slot: UInt32, generation: UInt32) {
    rawValue = UInt64(generation) << 32 | (UInt64(slot) + 1)
  }

  /// The place in the inode table; nil for a number that was never given out.
  var slot: UInt32? {
    let place = UInt32(truncatingIfNeeded: rawValue)
    return place == 0 ? nil : place - 1
  }

  /// Which user of the place it is.
  var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
}

/// A name of a directory, as a number that stays while the name does: a place in the provider's listing, or one of the
/// places for names that only the local tree has.
struct NameKey: Hashable, Sendable {
  let rawValue: UInt32

  private static let localBit: UInt32 = 1 << 31

  /// The place of a name that the provider has.
  init(provided index: Int) {
    rawValue = UInt32(truncatingIfNeeded: index) & ~Self.localBit
  }

  /// The place of a name that only the local tree has.
  init(local slot: Int) {
    rawValue = UInt32(truncatingIfNeeded: slot) | Self.localBit
  }

  init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The place in the provider's listing, where it has the name.
  var providedIndex: Int? { rawValue & Self.localBit == 0 ? Int(rawValue) : nil }

  /// The place among the local names, where the provider does not have it.
  var localSlot: Int? { rawValue & Self.localBit == 0 ? nil : Int(rawValue & ~Self.localBit) }
}

/// The numbers that stat(2) shows: a keyed hash of the path, so that they are stable without a table.
///
/// A path's number is made from its directory's number and its name, in 63 bits: the top bit is kept for files whose
/// content is local. Two paths of one view share a number with a probability of about files² / 2⁶⁴.
package struct InodeNumbers: Sendable {
  private let key: UInt64

  /// The key is a view's own, kept as long as the view.
  package init(key: UInt64) {
    self.key = key
  }

  /// The number of the root.
  package var root: UInt64 { Self.visible(Self.mix(key ^ 0x9e37_79b9_7f4a_7c15)) }

  /// The number of `name` in the directory with the number `directory`.
  package func number(of name: UnsafeRawBufferPointer, in directory: UInt64) -> UInt64 {
    var hash = Self.mix(key ^ directory)
    var position = 0
    while position + 8 <= name.count {
      hash = Self.mix(hash ^ name.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian)
      position += 8
    }
    // The length keeps "a" and "a\0" apart; names hold no NUL, but a hash should not depend on that.
    var rest = UInt64(name.count)
    while position < name.count {
      rest = rest << 8 | UInt64(name[position])
      position += 1
    }
    return Self.visible(Self.mix(hash ^ rest))
  }

  /// Another number in the place of `first`; each `renewal` gives a different one.
  static func renewed(_ first: UInt64, _ renewal: UInt64) -> UInt64 {
    visible(mix(first ^ mix(renewal &+ 0x9e37_79b9_7f4a_7c15)))
  }

  /// 0 means "no inode" to many programs and 1 is the kernel's root: neither is given out.
  private static func visible(_ hash: UInt64) -> UInt64 { max(hash >> 1, 2) }

  /// The finaliser of splitmix64: every input bit changes half of the output bits.
  private static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

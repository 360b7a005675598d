/// The stat data in an index, which git compares with a file's before it reads the file.
///
/// An index that was read from a tree has none, so whenever git has to look at everything it reads everything. What a view
/// shows of the tree is known beforehand: the size of the blob, and one time.
enum IndexStatus {
  private static let timeOffset = 8
  private static let sizeOffset = 36
  /// What stands for a view's time in an index that no view has yet.
  private static let anyTime: UInt32 = 1

  /// Sets the sizes of all entries, in their order; nil for what has none. Returns false, and changes nothing, where these
  /// are not as many as entries. With `onlyMissing`, an entry that has stat data keeps it.
  static func set(
    sizes: [Int64?], in index: inout [UInt8], onlyMissing: Bool = false
  ) throws(GitWorktreeError) -> Bool {
    let positions = try positions(in: index)
    guard positions.count == sizes.count else { return false }
    for (position, size) in zip(positions, sizes) {
      guard let size else { continue }
      if onlyMissing, index[position + timeOffset..<position + timeOffset + 4].contains(where: { $0 != 0 }) { continue }
      index.replace(bigEndian: UInt32(truncatingIfNeeded: size), at: position + sizeOffset)
      index.replace(bigEndian: anyTime, at: position + timeOffset)
    }
    return true
  }

  /// Sets the time, in seconds since 1970, of all entries that have a size. Those of `others`, by their paths, have another
  /// size than their blob; where that is not known git compares their contents. Where `others` is nil, nobody knows which
  /// these are, and no entry has a size.
  static func set(time: Int64, except others: [[UInt8]: Int64?]?, in index: inout [UInt8]) throws(GitWorktreeError) {
    let seconds = UInt32(truncatingIfNeeded: time)
    let unknown: [UInt8] = [0, 0, 0, UInt8(truncatingIfNeeded: anyTime)]
    for position in try positions(in: index)
    where index[position + timeOffset..<position + timeOffset + 4].elementsEqual(unknown) {
      index.replace(bigEndian: seconds, at: position + timeOffset)
    }
    guard let others else {
      for position in try positions(in: index) { clear(position, in: &index) }
      return
    }
    guard !others.isEmpty else { return }
    var sizes: [(position: Int, size: Int64?)] = []
    _ = try IndexReader.read(index) { reader throws(GitWorktreeError) in
      try reader.forEach { entry in
        if let size = others[Array(entry.path)] { sizes.append((entry.position, size)) }
      }
    }
    for (position, size) in sizes {
      if let size {
        index.replace(bigEndian: UInt32(truncatingIfNeeded: size), at: position + sizeOffset)
      } else {
        clear(position, in: &index)
      }
    }
  }

  /// A wrong size would be a change; none is no information.
  private static func clear(_ position: Int, in index: inout [UInt8]) {
    index.replace(bigEndian: 0, at: position + timeOffset)
    index.replace(bigEndian: 0, at: position + sizeOffset)
  }

  private static func positions(in index: [UInt8]) throws(GitWorktreeError) -> [Int] {
    var positions: [Int] = []
    _ = try IndexReader.read(index) { reader throws(GitWorktreeError) in
      try reader.forEach { positions.append($0.position) }
    }
    return positions
  }
}

extension [UInt8] {
  fileprivate mutating func replace(bigEndian number: UInt32, at position: Int) {
    for byte in 0..<4 { self[position + byte] = UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * byte)) }
  }
}

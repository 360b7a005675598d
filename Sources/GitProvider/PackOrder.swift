internal import Glibc
internal import Posix
public import Provider
internal import SystemPackage

/// Where objects lie in the packs of some object directories, as the packs' indexes say (gitformat-pack(5)).
struct PackOrder: ~Copyable {
  /// Where an object lies.
  struct Place: Comparable {
    let pack: Int
    let offset: UInt64

    static func < (left: Place, right: Place) -> Bool { (left.pack, left.offset) < (right.pack, right.offset) }
  }

  private let indexes: [PackIndex]

  /// Opens the indexes. One that cannot be read is as if it were not there: this is about order alone.
  init(directories: [String]) {
    indexes = directories.flatMap { directory in
      ((try? FileCalls.names("\(directory)/pack")) ?? []).filter { $0.hasSuffix(".idx") }.sorted().compactMap {
        PackIndex("\(directory)/pack/\($0)")
      }
    }
  }

  /// Where an object lies; nil where no pack has it.
  func place(of object: [UInt8]) -> Place? {
    for (pack, index) in indexes.enumerated() {
      if let offset = index.offset(of: object) { return Place(pack: pack, offset: offset) }
    }
    return nil
  }
}

/// One index of version 2, mapped into memory.
private final class PackIndex {
  private static let header: [UInt8] = [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]
  private static let fanOut = 8
  private static let names = 8 + 256 * 4

  private let bytes: UnsafeRawBufferPointer
  private let count: Int

  init?(_ path: String) {
    guard let file = try? FileCalls.open(path, O_RDONLY), let status = try? FileCalls.status(file.rawValue) else {
      return nil
    }
    let length = Int(status.st_size)
    guard length > Self.names, let start = mmap(nil, length, PROT_READ, MAP_PRIVATE, file.rawValue, 0),
      start != MAP_FAILED
    else { return nil }
    let bytes = UnsafeRawBufferPointer(start: start, count: length)
    let count = Int(Self.number(bytes, at: Self.fanOut + 255 * 4))
    // Names, checksums, offsets, and behind them what is not asked for.
    guard bytes.starts(with: Self.header), Self.names + count * (TreeReader.idLength + 8) <= length else {
      munmap(start, length)
      return nil
    }
    self.bytes = bytes
    self.count = count
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

  /// The object's place in the pack.
  func offset(of object: [UInt8]) -> UInt64? {
    guard object.count == TreeReader.idLength, let first = object.first else { return nil }
    var lower = first == 0 ? 0 : Int(Self.number(bytes, at: Self.fanOut + (Int(first) - 1) * 4))
    var upper = min(count, Int(Self.number(bytes, at: Self.fanOut + Int(first) * 4)))
    while lower < upper {
      let middle = (lower + upper) / 2
      let name = bytes[(Self.names + middle * TreeReader.idLength)...].prefix(TreeReader.idLength)
      if name.elementsEqual(object) { return offset(at: middle) }
      if name.lexicographicallyPrecedes(object) { lower = middle + 1 } else { upper = middle }
    }
    return nil
  }

  private func offset(at place: Int) -> UInt64? {
    let offsets = Self.names + count * (TreeReader.idLength + 4)
    let small = Self.number(bytes, at: offsets + place * 4)
    guard small & 0x8000_0000 != 0 else { return UInt64(small) }
    let large = offsets + count * 4 + Int(small & 0x7fff_ffff) * 8
    guard large + 8 <= bytes.count else { return nil }
    return UInt64(Self.number(bytes, at: large)) << 32 | UInt64(Self.number(bytes, at: large + 4))
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, at place: Int) -> UInt32 {
    UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
  }
}

extension GitContent: FetchOrderProvider {
  /// The order in which the packs have the blobs.
  public func fetchOrder(of contents: [ContentID]) async throws -> [Int] {
    let order = PackOrder(directories: pool.directories)
    let places = contents.map { order.place(of: Array($0.bytes.prefix(TreeReader.idLength))) }
    let packed = places.indices.filter { places[$0] != nil }.sorted { left, right in
      guard let left = places[left], let right = places[right] else { return false }
      return left < right
    }
    return packed + places.indices.filter { places[$0] == nil }
  }
}

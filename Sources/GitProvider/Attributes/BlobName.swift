internal import Provider

/// What a content ID of a git repository says: a blob, and what git does to it on checkout.
///
/// The ID is the blob's id, with one byte more where there is a conversion; so contents that differ never share one.
struct BlobName: Sendable {
  let blob: [UInt8]
  let conversion: Conversion

  /// A blob up to this size is converted; where a larger one would have to be, reading it fails, for its bytes as they
  /// are stored would be wrong. It is the size from which git calls a file big (core.bigFileThreshold).
  static let maximumConvertibleSize: Int64 = 512 << 20

  /// Reads an ID.
  init(_ content: ContentID) throws(ProviderError) {
    guard content.bytes.count > TreeReader.idLength else {
      blob = content.bytes
      conversion = .none
      return
    }
    let rest = content.bytes.dropFirst(TreeReader.idLength)
    guard rest.count == 1, let conversion = rest.first.flatMap(Conversion.init(byte:)) else {
      throw .damaged("\(content) names no blob")
    }
    blob = Array(content.bytes.prefix(TreeReader.idLength))
    self.conversion = conversion
  }

  /// The ID's bytes.
  static func id(blob: some Collection<UInt8>, _ conversion: Conversion) -> [UInt8] {
    Array(blob) + [conversion.byte]
  }

  /// The size of the blob, as it is stored.
  func storedSize(in database: ObjectDatabase) throws(ProviderError) -> Int64 {
    let (kind, size) = try database.header(blob)
    guard kind == .blob else { throw .damaged("object \(hexadecimal(blob)) is not a blob") }
    return size
  }

  /// The size of the content.
  func size(in database: ObjectDatabase) throws(ProviderError) -> Int64 {
    if conversion == .none { return try storedSize(in: database) }
    var size: Int64 = 0
    try convert(in: database) { piece in size += Int64(piece.count) }
    return size
  }

  /// Gives `output` the converted content, piece by piece. The blob is in memory meanwhile.
  func convert(
    in database: ObjectDatabase, _ output: (UnsafeRawBufferPointer) throws(ProviderError) -> Void
  ) throws(ProviderError) {
    let size = try storedSize(in: database)
    guard size <= Self.maximumConvertibleSize else {
      throw .unsupported("blob \(hexadecimal(blob)) of \(size) bytes is too large to convert its line endings or $Id$")
    }
    try database.read(blob, as: .blob) { bytes throws(ProviderError) in
      try conversion.convert(bytes, id: blob, output)
    }
  }
}

internal import Posix
internal import Provider

/// Reads one member that libarchive has to decode, from its beginning to its end. Used by one thread at a time.
final class MemberReader {
  /// The number of the member.
  let member: UInt32
  /// Up to where the content was given away.
  private(set) var position: Int64 = 0

  private let reader: ArchiveReader
  private let size: Int64
  private let mayHaveHoles: Bool
  private let path: String
  /// What comes next: this many zeros, and what is left of libarchive's last block.
  private var hole: Int64 = 0
  private var block: [UInt8] = []
  private var taken = 0
  /// Up to where libarchive gave the content, and whether that was all.
  private var end: Int64 = 0
  private var isAtEnd = false

  /// Opens the member of a content.
  init(
    _ content: ArchiveIndex.Content, _ form: ArchiveIndex.Content.Form, in file: ArchiveFile, _ stream: DecodedStream?
  ) throws(ProviderError) {
    member = content.member
    size = content.size
    mayHaveHoles = form == .sparse
    path = file.path
    let isCounted = form == .counted
    reader = try ArchiveReader(
      isCounted ? .zip : form == .sparse ? .stream : .zipMember, stream ?? file,
      start: isCounted ? 0 : content.offset, length: stream == nil ? file.version.size : nil, name: file.path)
    for _ in 0...(isCounted ? content.member : 0) {
      guard try reader.next() != nil else { throw damaged("a member is missing") }
    }
  }

  private func damaged(_ reason: String) -> ProviderError { .damaged("archive '\(path)': \(reason)") }

  /// The next bytes, at most `count`; fewer only at the end. The last ones are given away when all were verified.
  func next(_ count: Int) throws(ProviderError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let rest = count - bytes.count
      if hole > 0 {
        let zeros = Int(min(Int64(rest), hole))
        bytes.append(contentsOf: repeatElement(0, count: zeros))
        hole -= Int64(zeros)
      } else if taken < block.count {
        let piece = block[taken..<min(block.count, taken + rest)]
        bytes.append(contentsOf: piece)
        taken += piece.count
      } else if isAtEnd {
        break
      } else {
        try fill()
      }
    }
    position += Int64(bytes.count)
    if position == size { while !isAtEnd { try fill() } }
    return bytes
  }

  /// Takes the next block of libarchive's, where all before is taken.
  private func fill() throws(ProviderError) {
    let isMore = try reader.nextBlock { bytes, offset throws(ProviderError) in
      let (last, overflow) = offset.addingReportingOverflow(Int64(bytes.count))
      guard !overflow, offset >= end, last <= size, offset == end || mayHaveHoles else {
        throw damaged("a member is longer than it says, or has holes")
      }
      hole = offset - end
      block = Array(bytes)
      taken = 0
      end = last
    }
    guard !isMore else { return }
    isAtEnd = true
    guard end == size || mayHaveHoles else { throw damaged("a member is shorter than it says") }
    hole = size - end
    end = size
  }
}

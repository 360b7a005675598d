/// Numbered places for small values, in chunks that are given back when they are empty.
///
/// Numbers are dense and given out again, lowest chunks first, so that a table that shrank stays small.
struct Slab<Element: BitwiseCopyable> {
  private static var chunkSize: Int { 1024 }

  /// A class, so that changing one element never copies its chunk.
  private final class Chunk {
    var elements: ContiguousArray<Element>
    /// Free places, the one to use next at the end.
    var free: ContiguousArray<UInt16>

    init(filler: Element) {
      elements = ContiguousArray(repeating: filler, count: chunkSize)
      free = ContiguousArray((0..<UInt16(chunkSize)).reversed())
    }

    var isEmpty: Bool { free.count == chunkSize }
  }

  private var chunks: [Chunk?] = []
  /// Chunks that have a free place, or that do not exist, in descending order: the one to use next is at the end.
  private var available: [Int] = []
  private let filler: Element

  /// How many places are taken.
  private(set) var count = 0

  /// `filler` is what free places hold; it is never returned.
  init(filler: Element) {
    self.filler = filler
  }

  /// Takes a place; returns its number.
  mutating func insert(_ element: Element) -> UInt32 {
    if available.isEmpty {
      available.append(chunks.count)
      chunks.append(nil)
    }
    let index = available[available.count - 1]
    let chunk = chunks[index] ?? Chunk(filler: filler)
    chunks[index] = chunk
    let place = Int(chunk.free.removeLast())
    chunk.elements[place] = element
    if chunk.free.isEmpty { available.removeLast() }
    count += 1
    return UInt32(index * Self.chunkSize + place)
  }

  /// Frees a place that is taken.
  mutating func remove(_ number: UInt32) {
    let index = Int(number) / Self.chunkSize
    guard let chunk = chunks[index] else { return }
    if chunk.free.isEmpty { makeAvailable(index) }
    chunk.elements[Int(number) % Self.chunkSize] = filler
    chunk.free.append(UInt16(Int(number) % Self.chunkSize))
    count -= 1
    if chunk.isEmpty { chunks[index] = nil }
  }

  /// Notes that a full chunk has a free place again. Moves one number a chunk at most, and that only once per filling.
  private mutating func makeAvailable(_ index: Int) {
    var low = 0
    var high = available.count
    while low < high {
      let middle = (low + high) / 2
      if available[middle] > index { low = middle + 1 } else { high = middle }
    }
    available.insert(index, at: low)
  }

  /// The element at a number that was given out, or the filler.
  subscript(number: UInt32) -> Element {
    get {
      let index = Int(number) / Self.chunkSize
      guard index < chunks.count, let chunk = chunks[index] else { return filler }
      return chunk.elements[Int(number) % Self.chunkSize]
    }
    nonmutating set {
      chunks[Int(number) / Self.chunkSize]?.elements[Int(number) % Self.chunkSize] = newValue
    }
  }

  /// Calls `body` for every place, free ones included, in the order of their numbers.
  func forEach(_ body: (UInt32, Element) -> Void) {
    for (index, chunk) in chunks.enumerated() {
      guard let chunk else { continue }
      for (place, element) in chunk.elements.enumerated() {
        body(UInt32(index * Self.chunkSize + place), element)
      }
    }
  }
}

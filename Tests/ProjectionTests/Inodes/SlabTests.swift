import TestSupport
import Testing

@testable import Projection

@Suite struct SlabTests {
  /// How many places memory is held for.
  private func placesHeld(_ slab: Slab<Int>) -> Int {
    var places = 0
    slab.forEach { _, _ in places += 1 }
    return places
  }

  @Test("Any insertions and removals leave what a dictionary would hold", arguments: 1...8)
  func model(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var slab = Slab(filler: -1)
    var model: [UInt32: Int] = [:]
    var numbers: [UInt32] = []
    // Phases that rather grow and rather shrink, so that chunks come and go.
    for step in 0..<12_000 {
      let grows = (step / 3000).isMultiple(of: 2)
      if numbers.isEmpty || Int.random(in: 0..<10, using: &random) < (grows ? 9 : 2) {
        let number = slab.insert(step)
        #expect(model[number] == nil, "seed \(seed): number \(number) was given out twice")
        model[number] = step
        numbers.append(number)
      } else {
        let number = numbers.remove(at: Int.random(in: 0..<numbers.count, using: &random))
        slab.remove(number)
        model[number] = nil
      }
      if let number = numbers.randomElement(using: &random) {
        slab[number] += 1_000_000
        model[number]? += 1_000_000
      }
      #expect(slab.count == model.count, "seed \(seed)")
    }
    var held: [UInt32: Int] = [:]
    slab.forEach { number, element in if element != -1 { held[number] = element } }
    #expect(held == model, "seed \(seed)")
    #expect(model.allSatisfy { slab[$0.key] == $0.value }, "seed \(seed)")
  }

  @Test("Numbers are dense, and those given back are given out again")
  func density() {
    var slab = Slab(filler: -1)
    #expect((0..<3000).map { slab.insert($0) } == Array(0..<3000))
    let returned: [UInt32] = [5, 1024, 2999, 1500]
    for number in returned { slab.remove(number) }
    #expect(Set((0..<4).map { slab.insert($0) }) == Set(returned))
    #expect(slab.insert(0) == 3000)
  }

  @Test("A number that is free or was never given out holds the filler")
  func filler() {
    var slab = Slab(filler: -1)
    let number = slab.insert(7)
    slab.remove(number)
    #expect(slab[number] == -1)
    #expect(slab[1 << 20] == -1)
  }

  @Test("Memory is given back chunk by chunk, the last one too")
  func shrinking() {
    var slab = Slab(filler: -1)
    #expect(placesHeld(slab) == 0)
    for number in 0..<4096 { _ = slab.insert(number) }
    #expect(placesHeld(slab) == 4096)
    // All but one number of each chunk: nothing to give back yet.
    for number in UInt32(0)..<4096 where !number.isMultiple(of: 1024) { slab.remove(number) }
    #expect(placesHeld(slab) == 4096)
    for (left, number) in zip([3072, 2048, 1024, 0], [2048, 0, 3072, 1024] as [UInt32]) {
      slab.remove(number)
      #expect(placesHeld(slab) == left)
    }
    #expect(slab.count == 0)
  }

  @Test("The lowest chunk with room is filled first, so that a table which shrank stays small")
  func lowestFirst() {
    var slab = Slab(filler: -1)
    for number in 0..<4096 { _ = slab.insert(number) }
    for number in [1, 3073, 2050, 1100] as [UInt32] { slab.remove(number) }
    #expect((0..<4).map { slab.insert($0) } == [1, 1100, 2050, 3073])
    for number in UInt32(0)..<2048 { slab.remove(number) }
    slab.remove(4000)
    #expect(slab.insert(0) < 1024)
  }
}

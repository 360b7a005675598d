import Control
import FuseTransport
import Projection
import Testing

@Suite struct TraceOperationTests {
  @Test("The command knows all operations that a view tells of, and no others")
  func operations() {
    let told = RequestKind.allCases.map(\.name) + [TraceEvent.hydration]
    #expect(Set(TraceQuestion.operations) == Set(told))
    #expect(TraceQuestion.operations.count == told.count)
  }
}

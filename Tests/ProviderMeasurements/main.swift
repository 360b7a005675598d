// Measures what a provider costs, and what it can do: run as `ProviderMeasurements [passthrough|cached] [lookup|counters|slow|large]…`.

import FuseTransport
import Glibc

let engines = CommandLine.arguments.dropFirst().compactMap { Engine(rawValue: $0) }
let wanted = Set(CommandLine.arguments.dropFirst()).subtracting(Engine.allCases.map(\.rawValue))

if wanted.isEmpty || wanted.contains("lookup") { try await LookupCost.measureCore() }
if wanted.isEmpty || wanted.contains("counters") { CounterCost.measureCounting() }
for engine in engines.isEmpty ? Engine.allCases : engines {
  if wanted.isEmpty || wanted.contains("lookup") { try await LookupCost.measure(engine) }
  if wanted.isEmpty || wanted.contains("counters") { try await CounterCost.measure(engine) }
  if wanted.isEmpty || wanted.contains("slow") { try await SlowProvider.measure(engine) }
  if wanted.isEmpty || wanted.contains("large") { try await LargeFile.measure(engine) }
}

using CrmSync.SchemaFacts;

// Usage: dotnet run --project eng/SchemaFacts [-- output file]
// Reads the published EWS schema and writes the table of facts that the simulator validates requests from.
var truth = Environment.GetEnvironmentVariable("CRMSYNC_EWS_TRUTH") ?? Path.Combine("..", "shared", "ews");
var output = args.Length > 0 ? args[0] : Path.Combine("src", "ExchangeSimulator", "Wire", "schema-facts.txt");
var schema = Path.Combine(truth, "schema");
if (!Directory.Exists(schema))
{
    Console.Error.WriteLine($"No schema at {Path.GetFullPath(schema)}. Set CRMSYNC_EWS_TRUTH to the folder that holds schema/ and samples/.");
    return 1;
}

File.WriteAllText(output, FactsWriter.Generate(schema));
Console.WriteLine($"{output}: {new FileInfo(output).Length} bytes");
return 0;

using Microsoft.OpenApi;

namespace CrmSync.Server.Api;

/// <summary>/openapi/v1.json, and a page at /api to browse and try it.</summary>
public static class ApiDocuments
{
    public static void Add(IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.ShouldInclude = description => description.RelativePath?.StartsWith("api/v1", StringComparison.Ordinal) == true;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "CrmSync";
            document.Info.Description = "Schedule items, targets, links, queue and people. Sign in with an API token as bearer. Lists are paged by 'after'; versions are ETags; "
                + "POST takes an Idempotency-Key; errors are problem+json that name field, cause and cure.";
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API token: crm_..." },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", document)] = [] }];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (metadata.OfType<NeededScope>().FirstOrDefault() is { } scope)
                operation.Description = $"Needs the scope {scope.Scope}.";
            foreach (var parameter in context.Description.ParameterDescriptions)
            {
                var type = Nullable.GetUnderlyingType(parameter.Type ?? typeof(string)) ?? parameter.Type;
                if (type?.IsGenericType != true || type.GetGenericTypeDefinition() != typeof(Word<>) || operation.Parameters?.FirstOrDefault(known => known.Name == parameter.Name) is not OpenApiParameter shown)
                    continue;
                var names = (IReadOnlyList<string>)type.GetProperty(nameof(Word<>.Names))!.GetValue(null)!;
                shown.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. names.Select(name => (System.Text.Json.Nodes.JsonNode)name)] };
            }
            if (metadata.OfType<TakesIdempotencyKey>().Any())
            {
                (operation.Parameters ??= []).Add(new OpenApiParameter
                {
                    Name = "Idempotency-Key", In = ParameterLocation.Header, Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 200 },
                    Description = "A call that carries one happens once; a repetition gets the first answer again.",
                });
            }
            return Task.CompletedTask;
        });
    });

    public static void Map(WebApplication app)
    {
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        app.UseSwaggerUI(ui =>
        {
            ui.RoutePrefix = "api";
            ui.DocumentTitle = "CrmSync API";
            ui.SwaggerEndpoint("/openapi/v1.json", "CrmSync v1");
        });
    }
}

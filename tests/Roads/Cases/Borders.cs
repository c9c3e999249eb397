using System.Reflection;

namespace CrmSync.Roads.Tests;

/// <summary>A border of the engine on which one question is always answered with nothing.</summary>
public class Blind<T> : DispatchProxy
    where T : class
{
    private T _inner = null!;
    private string _question = "";

    public static T Of(T inner, string question)
    {
        var proxy = Create<T, Blind<T>>();
        ((Blind<T>)(object)proxy)._inner = inner;
        ((Blind<T>)(object)proxy)._question = question;
        return proxy;
    }

    // Dictionaries only: their empty form is what a query without rows gives.
    protected override object? Invoke(MethodInfo? method, object?[]? arguments)
    {
        if (method!.Name != _question)
            return method.Invoke(_inner, arguments);
        var dictionary = method.ReturnType.GetGenericArguments()[0];
        var empty = Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(dictionary.GetGenericArguments()));
        return typeof(Task).GetMethod(nameof(Task.FromResult))!.MakeGenericMethod(dictionary).Invoke(null, [empty]);
    }
}

/// <summary>How long a process lives, counted in steps: each call to its database, each request on the wire, each crash point is one.</summary>
public sealed class Life(int steps)
{
    private int _left = steps;

    public bool IsOver { get; private set; }

    public string? EndedAt { get; private set; }

    /// <summary>The process dies here.</summary>
    /// <exception cref="KilledException">Always.</exception>
    public void End(string name)
    {
        (IsOver, EndedAt) = (true, name);
        throw new KilledException(name);
    }

    /// <exception cref="KilledException">The process dies here, or is dead.</exception>
    public void Step(string name)
    {
        if (!IsOver && Interlocked.Decrement(ref _left) == 0)
            (IsOver, EndedAt) = (true, name);
        if (IsOver)
            throw new KilledException(name);
    }
}

/// <summary>Nothing after this point ran: no lease was given back, no failure recorded.</summary>
public sealed class KilledException(string where) : Exception($"killed at {where}");

/// <summary>A border that a dead process cannot cross.</summary>
public class Mortal<T> : DispatchProxy
    where T : class
{
    private T _inner = null!;
    private Life _life = null!;

    public static T Of(T inner, Life life)
    {
        var proxy = Create<T, Mortal<T>>();
        ((Mortal<T>)(object)proxy)._inner = inner;
        ((Mortal<T>)(object)proxy)._life = life;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? method, object?[]? arguments)
    {
        _life.Step($"{typeof(T).Name}.{method!.Name}");
        return method.Invoke(_inner, arguments);
    }
}

/// <summary>The wire of a process that may die before a request leaves, or before its answer is read: then Exchange has carried it out.</summary>
public sealed class MortalWire(Life life) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        life.Step("before a request");
        var response = await base.SendAsync(request, CancellationToken.None);
        life.Step("after a request");
        return response;
    }
}

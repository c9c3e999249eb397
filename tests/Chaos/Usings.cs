global using CrmSync.Chaos.Load;
global using CrmSync.Chaos.Machines;
global using CrmSync.Chaos.Verdicts;

using System.Text;

namespace Fovea.Tests;

/// <summary>Input transforms fitted on a dataset.</summary>
public sealed class TransformTests : InFolder
{
    private readonly Context _context = new(new() { Threads = 1 });
    private readonly Dataset _data;

    public TransformTests() => _data = Small.DigitsData(_context, 40);

    protected override void Dispose(bool disposing)
    {
        _data.Dispose();
        _context.Dispose();
        base.Dispose(disposing);
    }

    private float[] Applied(Transform transform, int values)
    {
        var pixels = new byte[256];
        _data.Get<byte>(3, pixels);
        var output = TensorBuffer.Over(new float[values]);
        transform.Apply(Tensor.Of(pixels, [16, 16, 1]), output);
        Assert.Equal(values, output.Shape.Elements);
        return output.Memory.ToArray();
    }

    [Fact]
    public void FitsAMeanImage()
    {
        using var fitted = Transform.Fit(_context, _data, new()
        {
            FeaturewiseCenter = Statistic.Feature, FeaturewiseStdNormalization = Statistic.Channel,
            Base = new() { Scale = 1.0 / 255 },
        });
        Assert.Equal(new TransformInfo([16, 16, 1], 256, 1, 0, false), fitted.Info);
        var mean = fitted.Values(TransformPart.Mean);
        var deviation = Assert.Single(fitted.Values(TransformPart.Stddev));
        Small.Fails(ErrorCode.NotFound, () => fitted.Values(TransformPart.Matrix));
        Small.Fails(ErrorCode.Unsupported, () => fitted.InputTransform);
        var pixels = new byte[256];
        _data.Get<byte>(3, pixels);
        var values = Applied(fitted, 256);
        for (var i = 0; i < 256; ++i) Assert.Equal((pixels[i] / 255.0 - mean[i]) / deviation, values[i], 1e-5);
    }

    [Fact]
    public void ComesBackFromAModelsFile()
    {
        using var fitted = Transform.Fit(_context, _data, new()
        {
            Whitening = Whitening.PcaWhitening, Components = 9,
            Base = new() { Resize = (6, 5), Interpolation = Interpolation.Area, Color = Channels.Grey },
        });
        Assert.Equal(9, fitted.Values(TransformPart.Eigenvalues).Length);
        Assert.Equal(30 * 9, fitted.Values(TransformPart.Matrix).Length);
        using var graph = new Graph(_context);
        using var model = new Model(graph, graph.Flatten(graph.Input(new() { Name = "x", Shape = [9] })),
            new() { Fitted = fitted });
        model.Save(Place("m.fovea"));
        using var loaded = Model.Load(_context, Place("m.fovea"));
        using var again = loaded.FittedTransform();
        Assert.Equal(Applied(fitted, 9), Applied(again, 9));
        Assert.True(again.Info.Geometry);
        Small.Fails(ErrorCode.Unsupported, () => loaded.Transform);
    }

    [Fact]
    public void RunsImageFilesInSeveralViews()
    {
        using var graph = new Graph(_context);
        var x = graph.Flatten(graph.Input(new() { Name = "x", Shape = [4, 4, 1] }));
        using var model = new Model(graph, x, new() { Transform = new() { ResizeShort = 5 } });
        var file = Encoding.ASCII.GetBytes("P5 6 5 255\n" + new string('a', 30));
        File.WriteAllBytes(Place("a.pgm"), file);
        var crops = new Crops { Views = CropViews.Ten, Raw = true };
        using var session = new Session(model, new() { MaxBatch = 3, Crops = crops });
        var output = TensorBuffer.Over(new float[32]);
        session.RunImages([new(file), new(Place("a.pgm"))], [output]);
        Assert.All(output.Memory.ToArray(), value => Assert.Equal('a', value, 1e-4));
        using var transform = model.FittedTransform();
        var one = TensorBuffer.Over(new float[16]);
        transform.ApplyImage(new(file), one);
        Assert.All(one.Memory.ToArray(), value => Assert.Equal('a', value));
        Small.Fails(ErrorCode.NotFound, () => session.RunImages([new(Place("none"))], [output]));

        var boxes = new Crops { Views = CropViews.ResnetMultiScale }.Boxes((375, 500), (224, 224));
        Assert.Equal(50, boxes.Length);
        Assert.Equal(new CropBox((256, 341), 16, 58, true), boxes[19]);
        Small.Fails(ErrorCode.InvalidArgument, () => crops.Boxes((3, 3), (4, 4)));
    }

    [Fact]
    public void TellsWhatAModelDoesToImages()
    {
        var transform = new InputTransform
        {
            SamplewiseCenter = true, SamplewiseStdNormalization = true, NoAntialias = true, ResizeShort = 20, Crop = (16, 16),
        };
        using var graph = new Graph(_context);
        using var model = new Model(graph, graph.Flatten(graph.Input(new() { Name = "x", Shape = [16, 16, 1] })),
            new() { Transform = transform });
        Assert.Equal(transform with { Scale = 1 }, model.Transform);
    }
}

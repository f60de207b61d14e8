namespace Fovea.Tests;

public sealed class GraphTests : IDisposable
{
    private readonly Context _context = new(new() { Threads = 1 });
    private readonly Graph _graph;
    private readonly Node _image;

    public GraphTests()
    {
        _graph = new Graph(_context);
        _image = _graph.Input(new() { Name = "image", Shape = [12, 10, 4] });
    }

    public void Dispose()
    {
        _graph.Dispose();
        _context.Dispose();
    }

    private void HasShape(Shape expected, Node node) => Assert.Equal(expected, _graph.ShapeOf(node));

    [Fact]
    public void EveryLayerHasItsShape()
    {
        HasShape([12, 10, 4], _image);
        HasShape([10, 6, 8], _graph.Conv2D(_image, new() { Filters = 8, Kernel = (3, 5) }));
        HasShape([12, 10, 8], _graph.Conv2D(_image, new() { Filters = 8, Kernel = 3, Padding = Padding.Same }));
        HasShape([6, 5, 8], _graph.Conv2D(_image, new() { Filters = 8, Kernel = 3, Strides = 2, Pad = 1 }));
        HasShape([14, 8, 8], _graph.Conv2D(_image, new() { Filters = 8, Kernel = 3, Pad = new Edges(1, 3, 0, 0) }));
        HasShape([8, 6, 8], _graph.Conv2D(_image, new() { Filters = 8, Kernel = 3, Dilation = 2, Groups = 4 }));
        HasShape([6, 5, 4], _graph.MaxPool2D(_image));
        HasShape([4, 4, 4], _graph.MaxPool2D(_image, new() { Size = 3, CeilMode = true }));
        HasShape([10, 8, 4], _graph.AveragePool2D(_image, new() { Size = 3, Strides = 1, ExcludePadding = true }));
        HasShape([4], _graph.GlobalAveragePool2D(_image));
        HasShape([12, 10, 4], _graph.BatchNorm(_image));
        HasShape([12, 10, 4], _graph.Relu(_image));
        HasShape([12, 10, 4], _graph.Sigmoid(_image));
        HasShape([12, 10, 4], _graph.Tanh(_image));
        HasShape([12, 10, 4], _graph.Softmax(_image));
        HasShape([12, 10, 4], _graph.Dropout(_image, new() { Rate = 0.25, ScaleAtTest = true }));
        HasShape([12, 10, 4], _graph.Add(_image, _image));
        HasShape([12, 10, 12], _graph.Concat([_image, _image, _image]));
        HasShape([14, 10, 5], _graph.Pad(_image, new() { Before = [1, 0, 1], After = [1] }));
        HasShape([480], _graph.Flatten(_image));
        HasShape([7], _graph.Dense(_graph.Flatten(_image), new() { Units = 7, NoBias = true }));
    }

    [Fact]
    public void ActivationsBuild()
    {
        Node[] nodes =
        [
            _graph.Relu6(_image), _graph.Selu(_image), _graph.Gelu(_image), _graph.GeluTanh(_image),
            _graph.HardSwish(_image), _graph.HardSigmoid(_image), _graph.Mish(_image), _graph.LogSoftmax(_image),
            _graph.LeakyRelu(_image, new() { Slope = 0.1 }), _graph.Elu(_image, new() { Alpha = 0.5 }),
            _graph.Celu(_image, new() { Alpha = 2 }), _graph.Softplus(_image, new() { Beta = 2 }),
            _graph.PRelu(_image, new() { Name = "p", Sharing = Sharing.Channel }),
            _graph.Swish(_image, new() { Name = "s", Beta = 1.5, Learned = true }),
        ];
        Assert.All(nodes, node => HasShape([12, 10, 4], node));
        using var model = new Model(_graph, nodes);
        Assert.Equal([0.25f, 0.25f, 0.25f, 0.25f], model.GetTensor<float>("p.slope").Memory.ToArray());
        Assert.Equal([1.5f], model.GetTensor<float>("s.beta").Memory.ToArray());
    }

    [Fact]
    public void NodesHaveNames()
    {
        Assert.Equal("image", _graph.NameOf(_image));
        Assert.Equal("relu_1", _graph.NameOf(_graph.Relu(_image)));
        Assert.Equal("größe ∂", _graph.NameOf(_graph.Relu(_image, new() { Name = "größe ∂" })));
        Assert.Null(_graph.NameOf(Node.None));
    }

    [Fact]
    public void InitializersArrive()
    {
        var x = _graph.Conv2D(_image, new()
        {
            Name = "c", Filters = 2, Kernel = 1,
            KernelInitializer = new() { Kind = InitializerKind.Constant, Value = 0.5 },
            BiasInitializer = new() { Kind = InitializerKind.Uniform, Low = 0, High = 1 },
        });
        x = _graph.Dense(_graph.Flatten(x), new()
        {
            Name = "d", Units = 2,
            KernelInitializer = new() { Kind = InitializerKind.Normal, Mean = 3, StandardDeviation = 0 },
        });
        using var model = new Model(_graph, x, new() { DType = DType.F64 });
        double[] Values(string name) => model.GetTensor<double>(name).Memory.ToArray();
        Assert.All(Values("c.kernel"), v => Assert.Equal(0.5, v));
        Assert.All(Values("c.bias"), v => Assert.InRange(v, 0, 1));
        Assert.All(Values("d.kernel"), v => Assert.Equal(3, v));
        Assert.All(Values("d.bias"), v => Assert.Equal(0, v));
    }

    [Fact]
    public void RegularizersCount()
    {
        double Penalty(Regularizer? penalty)
        {
            using var graph = new Graph(_context);
            var x = graph.Input(new() { Shape = [2] });
            x = graph.Dense(x, new()
            {
                Units = 1, NoBias = true, KernelRegularizer = penalty,
                KernelInitializer = new() { Kind = InitializerKind.Constant, Value = 3 },
            });
            using var model = new Model(graph, x);
            using var trainer = new Trainer(model, new() { Loss = Loss.MeanSquaredError, Optimizer = Optimizer.Sgd });
            return trainer.Backward<float, float>([0f, 0f], [0f]);
        }

        Assert.Equal(0, Penalty(null));
        Assert.Equal(9, Penalty(new() { L2 = 1 }), 5);
        Assert.Equal(18, Penalty(new() { L2 = 1, FullSquare = true }), 5);
    }

    [Fact]
    public void ZeroIsAValueWhereItIsNotTheDefault()
    {
        // A rate of 0 drops nothing, where null would drop half.
        var x = _graph.Input(new() { Shape = [64] });
        var kept = _graph.Dropout(x, new() { Rate = 0 });
        var ones = new Initializer { Kind = InitializerKind.Constant, Value = 1 };
        using var model = new Model(_graph, _graph.Dense(kept, new() { Units = 1, NoBias = true, KernelInitializer = ones }));
        using var trainer = new Trainer(model,
            new() { Loss = Loss.MeanSquaredError, Optimizer = Optimizer.Sgd, LearningRate = 0 });
        Assert.Equal(0, trainer.Step<float, float>(Enumerable.Repeat(1f, 64).ToArray(), [64f]));
        Assert.Equal(0, trainer.LearningRate);
    }

    [Fact]
    public void AlgorithmsAgree()
    {
        var filters = new Conv2DOptions
        {
            Filters = 4, Kernel = 3, KernelInitializer = new() { Kind = InitializerKind.Constant, Value = 0.1 },
        };
        using var model = new Model(_graph,
        [
            _graph.Conv2D(_image, filters with { Algorithm = ConvAlgorithm.Im2col }),
            _graph.Conv2D(_image, filters with { Algorithm = ConvAlgorithm.Direct }),
            _graph.Conv2D(_image, filters with { Algorithm = ConvAlgorithm.Winograd }),
        ]);
        using var session = new Session(model);
        var input = Enumerable.Range(0, 480).Select(i => i / 480f).ToArray();
        TensorBuffer<float>[] outputs = [.. Enumerable.Range(0, 3).Select(_ => TensorBuffer.Over(new float[320]))];
        session.Run([Tensor.Of(input, [1, 12, 10, 4])], outputs);
        for (var i = 0; i < 320; ++i)
        {
            Assert.Equal(outputs[0].Span[i], outputs[1].Span[i], 1e-5f);
            Assert.Equal(outputs[0].Span[i], outputs[2].Span[i], 1e-5f);
        }
    }

    [Fact]
    public void FurtherLayersHaveTheRightShapes()
    {
        var x = _graph.Input(new() { Shape = [12, 10, 6] });
        var pool = _graph.MaxPool2D(x);
        var offsets = _graph.Conv2D(x, new() { Filters = 18, Kernel = 3, Padding = Padding.Same });
        var factors = _graph.Conv2D(x, new() { Filters = 9, Kernel = 3, Padding = Padding.Same });
        var matrix = _graph.Reshape(x, new() { Shape = [12, -1] });
        var deform = new DeformConv2DOptions { Filters = 5, Kernel = 3, Pad = 1 };
        (Node Node, Shape Shape)[] cases =
        [
            (_graph.Subtract(x, x), [12, 10, 6]),
            (_graph.Multiply(_graph.GlobalAveragePool2D(x), x), [12, 10, 6]),
            (_graph.Average([x, x, x]), [12, 10, 6]),
            (_graph.Maximum([x, x]), [12, 10, 6]),
            (_graph.Matmul(matrix, matrix, new() { TransposeA = true }), [60, 60]),
            (_graph.Pad(x, new() { Before = [3], After = [0, 1], Mode = PadMode.Reflect }), [15, 11, 6]),
            (_graph.Pad(x, new() { Before = [3], Value = 0.5 }), [15, 10, 6]),
            (_graph.Slice(x, new() { Begin = [1, 0, 2], End = [0, -1, 4] }), [11, 9, 2]),
            (_graph.Crop(x, new() { Crop = new(1, 2, 3, 4) }), [9, 3, 6]),
            (_graph.Split(x, 3)[2], [12, 10, 2]),
            (_graph.Split(x, [7, 3], new() { Axis = 1 })[1], [12, 3, 6]),
            (_graph.Permute(x, new() { Axes = [2, 0, 1] }), [6, 12, 10]),
            (_graph.LayerNorm(x, new() { Axes = 3 }), [12, 10, 6]),
            (_graph.GroupNorm(x, new() { Groups = 3 }), [12, 10, 6]),
            (_graph.InstanceNorm(x, new() { Affine = true }), [12, 10, 6]),
            (_graph.LocalResponseNorm(x, new() { Alpha = 0 }), [12, 10, 6]),
            (_graph.GlobalMaxPool2D(x), [6]),
            (_graph.AdaptiveMaxPool2D(x, new() { Size = 5 }), [5, 5, 6]),
            (_graph.AdaptiveAveragePool2D(x, new() { Size = (5, 3) }), [5, 3, 6]),
            (_graph.FractionalMaxPool2D(x), [8, 7, 6]),
            (_graph.FractionalMaxPool2D(x, new() { HeightRatio = 1.5, WidthRatio = 2 }), [8, 5, 6]),
            (_graph.MaxUnpool2D(pool, pool), [12, 10, 6]),
            (_graph.Upsample2D(x, new() { Scale = (3, 2), Method = Upsample.Bilinear }), [36, 20, 6]),
            (_graph.PixelShuffle(_graph.PixelUnshuffle(x)), [12, 10, 6]),
            (_graph.TransposedConv2D(x, new() { Filters = 4, Kernel = 3, Strides = 2, OutputPadding = (1, 0) }), [26, 21, 4]),
            (_graph.DepthwiseConv2D(x, new() { Kernel = 3, Multiplier = 2 }), [10, 8, 12]),
            (_graph.SeparableConv2D(x, new() { Filters = 9, Kernel = 3, Padding = Padding.Same }), [12, 10, 9]),
            (_graph.LocalConv2D(x, new() { Filters = 3, Kernel = 3 }), [10, 8, 3]),
            (_graph.DeformConv2D(x, offsets, deform), [12, 10, 5]),
            (_graph.DeformConv2D(x, offsets, deform, factors), [12, 10, 5]),
            (_graph.SpatialDropout(x), [12, 10, 6]),
            (_graph.StochasticDepth(x, new() { WholeBatch = true }), [12, 10, 6]),
            (_graph.GaussianNoise(x), [12, 10, 6]),
            (_graph.Maxout(x, new() { Pieces = 3 }), [12, 10, 2]),
            (_graph.SqueezeExcite(x, new() { Ratio = 2 }), [12, 10, 6]),
            (_graph.NonLocal(x), [12, 10, 6]),
            (_graph.Dense(_graph.Flatten(x), new() { Units = 2, DropConnect = 0.5 }), [2]),
        ];
        foreach (var (node, shape) in cases) Assert.Equal(shape, _graph.ShapeOf(node));
        using var model = new Model(_graph, [.. cases.Select(one => one.Node)]);
    }

    [Fact]
    public void ErrorsNameLayerAndReason()
    {
        var e = Small.Fails(ErrorCode.InvalidArgument,
            () => _graph.Conv2D(_image, new() { Name = "c", Filters = 8, Kernel = 3, Groups = 3 }));
        Assert.Contains("conv2d 'c'", e.Message, StringComparison.Ordinal);
        Assert.Contains("groups", e.Message, StringComparison.Ordinal);
        Assert.NotEqual(Node.None, e.Node);
        // The graph keeps it.
        Assert.Equal(e.Message, Small.Fails(ErrorCode.InvalidArgument, _graph.Check).Message);
        Assert.Equal(e.Message, Small.Fails(ErrorCode.InvalidArgument, () => _graph.Relu(_image)).Message);
        Assert.Equal(e.Message, Small.Fails(ErrorCode.InvalidArgument, () => new Model(_graph, _image)).Message);
    }

    [Fact]
    public void NodesOfOtherGraphsAreRefused()
    {
        using var other = new Graph(_context);
        Small.Fails(ErrorCode.InvalidArgument, () => other.Relu(_image));
        Small.Fails(ErrorCode.InvalidArgument, () => _graph.ShapeOf(Node.None));
        using var third = new Graph(_context);
        Small.Fails(ErrorCode.InvalidArgument, () => third.Concat([]));
    }

    [Fact]
    public void NamesAreUniqueAndWhole()
    {
        Assert.Throws<ArgumentException>(() => _graph.Relu(_image, new() { Name = "a\0b" }));
        _graph.Check();
        Small.Fails(ErrorCode.InvalidArgument, () => _graph.Relu(_image, new() { Name = "image" }));
    }

    [Fact]
    public void ZooHasTheRightSizes()
    {
        void HasParameters(long expected, Func<Graph, Node> build)
        {
            using var graph = new Graph(_context);
            using var model = new Model(graph, build(graph));
            Assert.Equal(expected, model.Info.Parameters);
        }

        HasParameters(61_706, graph => graph.LeNet5());
        HasParameters(1_199_882, graph => graph.KerasCnn());
        HasParameters(269_722, graph => graph.ResNetCifar(20));
        HasParameters(11_689_512, graph => graph.ResNet(18));
        HasParameters(6_998_552, graph => graph.GoogLeNet2014());

        var small = new ZooOptions { WidthMultiplier = 0.125, Dropout = 0, Algorithm = ConvAlgorithm.Direct };
        long SizeOf(Func<Graph, Node[]> build)
        {
            using var graph = new Graph(_context);
            using var model = new Model(graph, build(graph));
            return model.Info.Parameters;
        }

        Assert.True(SizeOf(g => [g.AlexNet2012(2, small)]) < SizeOf(g => [g.AlexNet2012(1, small)]));
        Assert.True(SizeOf(g => [g.AlexNet2012(1, small)]) < SizeOf(g => [g.ZfNet(small)]));
        Assert.True(SizeOf(g => [g.GoogLeNet(out var first, out var second, small), first, second])
            > SizeOf(g => [g.GoogLeNet(small)]));
        Assert.True(SizeOf(g => [g.GoogLeNet2014(out var first, out var second, small), first, second])
            > SizeOf(g => [g.GoogLeNet2014(small)]));
    }

    [Fact]
    public void RecipesHaveTheirConstants()
    {
        var alex = new Recipe(RecipeName.AlexNet);
        Assert.Equal((128, 0.01, 0.9, 5e-4, 0.5), (alex.BatchSize, alex.LearningRate, alex.Momentum, alex.L2, alex.Dropout));
        Assert.Equal((ScheduleKind.Plateau, 0.1, 10, Monitored.ValAccuracy), (alex.Schedule!.Kind, alex.Schedule.Gamma, alex.Schedule.Patience,
            alex.Schedule.Monitor));
        Assert.Equal(Mean.Image, alex.Mean);
        var residual = new Recipe(RecipeName.ResNetCifar);
        Assert.Equal(ScheduleKind.MultiStep, residual.Schedule!.Kind);
        Assert.Equal([82, 123], residual.Schedule.Milestones);
        Assert.Equal((4, 32, true, false), (residual.CropPad, residual.Crop, residual.Flip, residual.Nesterov));
        var inception = new Recipe(RecipeName.GoogLeNet);
        Assert.Equal((0.3, (0.08, 1.0), 4.0 / 3), (inception.HeadWeight, inception.CropArea, inception.CropAspect));
        Assert.Equal((256, 480), new Recipe(RecipeName.ResNet).Resize);
        Assert.Equal((Optimizer.Adam, 12), (new Recipe(RecipeName.KerasCnn).Optimizer, new Recipe(RecipeName.KerasCnn).Epochs));
        Assert.Equal(0.2, new Recipe(RecipeName.Perceptron).InputDropout);
        Assert.Equal(0.1, alex.ColorNoise);
        Small.Fails(ErrorCode.InvalidArgument, () => new Recipe(0));
    }

    [Fact]
    public void ZooTakesOptions()
    {
        var small = new ZooOptions { WidthMultiplier = 0.125, Height = 64, Width = 64, Channels = 1, Classes = 7 };
        using var graph = new Graph(_context);
        Assert.Equal([7], graph.ShapeOf(graph.Vgg(16, options: small)));
        using var other = new Graph(_context);
        Small.Fails(ErrorCode.InvalidArgument, () => other.ResNetCifar(21));
    }
}
